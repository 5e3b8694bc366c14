//! Judging paths: rules, roots and the floors below every rule.

use std::cell::OnceCell;
use std::path::Path;

use crate::base::text;
use crate::policy::delicate;
use crate::policy::judge::Ruling;
use crate::policy::pattern::{Bases, Pattern, Reading, components, is_bare, names};
use crate::policy::rule::{Rule, Scope};
use crate::policy::{Policy, Why};
use crate::protocol::{FileKind, Mode, Resolved};

/// What is done with a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Touch {
    Read,
    /// Changes a file that is there: only Edit rules allow it.
    Edit,
    /// Makes, replaces, deletes.
    Write,
}

impl Touch {
    fn verb(self) -> &'static str {
        match self {
            Self::Read => "reading",
            Self::Edit => "changing",
            Self::Write => "writing",
        }
    }
}

/// A rule and the paths that it names, spelled from `/` on.
struct Entry<'a> {
    rule: &'a Rule,
    spelled: Vec<Vec<String>>,
}

/// The judge of paths for one decision; what it needs is worked out once.
pub(super) struct Places<'a> {
    policy: &'a Policy,
    deny: OnceCell<Vec<Entry<'a>>>,
    ask: OnceCell<Vec<Entry<'a>>>,
    allow: OnceCell<Vec<Entry<'a>>>,
    lists: [OnceCell<Vec<Vec<String>>>; delicate::LISTS],
}

/// A path by its components, folded, spelled and with its links followed.
struct Sides {
    lexical: Vec<String>,
    real: Option<Vec<String>>,
}

impl Sides {
    fn new(path: &Resolved) -> Self {
        let wide = |path: &Path| components(path, Reading::Wide).unwrap_or_default();
        let real = (path.real != path.lexical).then(|| wide(&path.real));
        Self { lexical: wide(&path.lexical), real }
    }

    fn any(&self, test: impl Fn(&[String]) -> bool) -> bool {
        test(&self.lexical) || self.real.as_ref().is_some_and(|real| test(real))
    }
}

impl<'a> Places<'a> {
    pub(super) fn new(policy: &'a Policy) -> Self {
        Self {
            policy,
            deny: OnceCell::new(),
            ask: OnceCell::new(),
            allow: OnceCell::new(),
            lists: Default::default(),
        }
    }

    fn bases(&self) -> Bases<'a> {
        Bases { roots: &self.policy.roots, home: self.policy.home.as_deref() }
    }

    fn entries(&self, rules: &'a [Rule], reading: Reading) -> Vec<Entry<'a>> {
        let spelled = |pattern: &Pattern| pattern.spelled(reading, self.bases());
        let entry = |rule: &'a Rule| match &rule.scope {
            Scope::Read(pattern) | Scope::Edit(pattern) | Scope::Write(pattern) => {
                Some(Entry { rule, spelled: spelled(pattern) })
            }
            Scope::All => Some(Entry { rule, spelled: vec![vec!["**".into()]] }),
            _ => None,
        };
        rules.iter().filter_map(entry).collect()
    }

    fn deny(&self) -> &[Entry<'a>] {
        self.deny.get_or_init(|| self.entries(&self.policy.rules.deny, Reading::Wide))
    }

    fn ask(&self) -> &[Entry<'a>] {
        self.ask.get_or_init(|| self.entries(&self.policy.rules.ask, Reading::Wide))
    }

    fn allow(&self) -> &[Entry<'a>] {
        self.allow.get_or_init(|| self.entries(&self.policy.rules.allow, Reading::Narrow))
    }

    fn list(&self, list: delicate::List) -> &[Vec<String>] {
        self.lists[list as usize].get_or_init(|| {
            delicate::patterns(list)
                .iter()
                .flat_map(|pattern| pattern.spelled(Reading::Wide, self.bases()))
                .collect()
        })
    }

    pub(super) fn is_inside(&self, path: &Path) -> bool {
        self.policy.roots.iter().any(|root| path.starts_with(root))
    }

    /// Judges one path by the order of S2. In `mode` accept edits, writing inside a root is free.
    pub(super) fn judge(&self, mode: Mode, touch: Touch, path: &Resolved) -> Ruling {
        let device = path.facts.kind == FileKind::Special && path.lexical != Path::new("/dev/null");
        // There is nothing in it to be changed: only reading and writing it are free.
        if free(&path.lexical) && touch != Touch::Edit && path.real == path.lexical && !device {
            return Ruling::Allow(Why::table(format!(
                "`{}` holds nothing",
                path.lexical.display()
            )));
        }
        let shown = self.shown(path);
        let verb = touch.verb();
        let sides = Sides::new(path);
        if let Some(rule) = self.forbidding(touch, &sides) {
            return Ruling::Deny(Why::rule(rule, format!("a rule forbids {verb} {shown}")));
        }
        if let Some(reason) = self.floor(touch, path, &sides) {
            return Ruling::Deny(Why::floor(format!("{verb} {shown}: {reason}")));
        }
        let asks = |entry: &&Entry<'_>| {
            about(entry.rule, touch) && sides.any(|side| names(&entry.spelled, side))
        };
        if let Some(entry) = self.ask().iter().find(asks) {
            return Ruling::firm(Why::rule(
                entry.rule,
                format!("a rule asks before {verb} {shown}"),
            ));
        }
        let outside = !(self.is_inside(&path.lexical) && self.is_inside(&path.real));
        let covering = self.covering(touch, path);
        if let Some(reason) = self.delicate(touch, &sides)
            && !covering.iter().any(|rule| self.names_delicate(rule, touch))
        {
            let risky = touch != Touch::Read || outside;
            return Ruling::firm(Why { risky, ..Why::floor(format!("{verb} {shown}: {reason}")) });
        }
        if let Some(ruling) = Self::odd(touch, path, &shown) {
            return ruling;
        }
        if let Some(rule) = covering.first() {
            return Ruling::Allow(Why::rule(rule, format!("a rule allows {verb} {shown}")));
        }
        if outside {
            let why = Why::default_of(format!(
                "no rule covers {verb} {shown}: it is outside the project"
            ));
            let offer = if touch == Touch::Read { self.offer(touch, path) } else { None };
            return Ruling::ask(Why { offer, risky: touch != Touch::Read, ..why });
        }
        match (touch, mode) {
            (Touch::Read, _) => Ruling::Allow(Why::table(format!("{shown} is inside the project"))),
            (_, Mode::AcceptEdits | Mode::Auto) => {
                Ruling::Allow(Why::mode(mode, format!("{shown} is inside the project")))
            }
            _ => {
                let why = Why::default_of(format!("no rule covers {verb} {shown}"));
                Ruling::ask(Why { offer: self.offer(touch, path), ..why })
            }
        }
    }

    /// What is odd about the name or the file: asked in every mode.
    fn odd(touch: Touch, path: &Resolved, shown: &str) -> Option<Ruling> {
        let hidden = |c: char| c != '\t' && text::is_hidden(c);
        let sides = [&path.lexical, &path.real];
        let seen = sides.iter().any(|side| side.to_string_lossy().contains(hidden));
        if seen || path.facts.veiled {
            let reason = format!("the name {shown} holds characters that cannot be seen");
            return Some(Ruling::firm(Why { risky: true, ..Why::floor(reason) }));
        }
        if touch != Touch::Read && path.facts.linked {
            let reason = format!("{shown} has a second name elsewhere, which would change with it");
            return Some(Ruling::firm(Why { risky: true, ..Why::floor(reason) }));
        }
        None
    }

    /// The allow rules that hold for the path as it is spelled and where its links lead.
    fn covering(&self, touch: Touch, path: &Resolved) -> Vec<&'a Rule> {
        if self.allow().is_empty() {
            return Vec::new();
        }
        let narrow = |path: &Path| components(path, Reading::Narrow);
        let (Some(lexical), Some(real)) = (narrow(&path.lexical), narrow(&path.real)) else {
            return Vec::new();
        };
        let covers = |entry: &&Entry<'a>| {
            let scope = matches!(
                (&entry.rule.scope, touch),
                (Scope::Read(_), Touch::Read)
                    | (Scope::Edit(_), Touch::Edit | Touch::Write)
                    | (Scope::Write(_), Touch::Write)
            );
            scope && names(&entry.spelled, &lexical) && names(&entry.spelled, &real)
        };
        self.allow().iter().filter(covers).map(|entry| entry.rule).collect()
    }

    /// The deny rule that covers the path. What may not be read may not be written either.
    fn forbidding(&self, touch: Touch, sides: &Sides) -> Option<&'a Rule> {
        let forbids = |entry: &&Entry<'a>| {
            let scope = about(entry.rule, touch) || matches!(entry.rule.scope, Scope::Read(_));
            scope && sides.any(|side| names(&entry.spelled, side))
        };
        self.deny().iter().find(forbids).map(|entry| entry.rule)
    }

    /// What a glob of the shell could run into: a denial, or a firm question.
    pub(super) fn glob(&self, touch: Touch, word: &str, path: &Path) -> Option<Ruling> {
        let meets = |rule: &&'a Rule, deny: bool| {
            let meant = about(rule, touch) || deny && matches!(rule.scope, Scope::Read(_));
            meant
                && match &rule.scope {
                    Scope::Read(p) | Scope::Edit(p) | Scope::Write(p) => {
                        p.may_meet(path, self.bases())
                    }
                    _ => true,
                }
        };
        if let Some(rule) = self.policy.rules.deny.iter().find(|rule| meets(rule, true)) {
            let reason = format!("`{word}` could give the name of a file that a rule forbids");
            return Some(Ruling::Deny(Why::rule(rule, reason)));
        }
        if touch != Touch::Read
            && self.meets_list(delicate::List::Control, path)
            && self.is_inside(path)
        {
            let reason = format!("`{word}` could give the name of a file that governs git or claw");
            return Some(Ruling::Deny(Why::floor(reason)));
        }
        if let Some(rule) = self.policy.rules.ask.iter().find(|rule| meets(rule, false)) {
            let reason = format!("`{word}` could give the name of a file that a rule asks for");
            return Some(Ruling::firm(Why::rule(rule, reason)));
        }
        // `*` alone names nothing in particular.
        let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        let bare = is_bare(&name);
        let list =
            if touch == Touch::Read { delicate::List::Usual } else { delicate::List::Sensitive };
        (!bare && self.meets_list(list, path)).then(|| {
            let what = if touch == Touch::Read { "a secret" } else { "a file that others obey" };
            Ruling::firm(Why::floor(format!("`{word}` could give the name of {what}")))
        })
    }

    fn meets_list(&self, list: delicate::List, path: &Path) -> bool {
        delicate::patterns(list).iter().any(|pattern| pattern.may_meet(path, self.bases()))
    }

    /// Why it is never done, in any mode.
    fn floor(&self, touch: Touch, path: &Resolved, sides: &Sides) -> Option<&'static str> {
        let any = |list| sides.any(|side| names(self.list(list), side));
        let bytes = [&path.lexical, &path.real];
        if bytes.iter().any(|side| side.as_os_str().as_encoded_bytes().contains(&0)) {
            return Some("the path holds a NUL byte");
        }
        match (path.facts.kind, touch) {
            (FileKind::Special, _) => return Some("it is a device, a pipe or a socket"),
            (FileKind::Unresolved, _) => return Some("nobody can say where it leads"),
            (FileKind::Directory, Touch::Edit | Touch::Write) => return Some("it is a directory"),
            _ => {}
        }
        match touch {
            Touch::Read if any(delicate::List::Process) => Some("it is the memory of a process"),
            Touch::Edit | Touch::Write if any(delicate::List::Control) => {
                Some("it governs git or claw itself, and is never written")
            }
            Touch::Edit | Touch::Write if any(delicate::List::Disk) => Some("it is a disk"),
            _ => None,
        }
    }

    /// Why it is asked, in any mode.
    fn delicate(&self, touch: Touch, sides: &Sides) -> Option<&'static str> {
        let hit = |list, side: &[String]| names(self.list(list), side);
        if touch == Touch::Read {
            let secret = |side: &[String]| {
                let named = || hit(delicate::List::Named, side);
                hit(delicate::List::Secret, side) || named() && !hit(delicate::List::Example, side)
            };
            return sides.any(secret).then_some("it may hold a secret");
        }
        sides
            .any(|side| hit(delicate::List::Sensitive, side))
            .then_some("other programs run or obey this file")
    }

    /// Does the rule name a delicate file, or its directory, by its very name? `**` does not.
    fn names_delicate(&self, rule: &Rule, touch: Touch) -> bool {
        let (Scope::Read(pattern) | Scope::Edit(pattern) | Scope::Write(pattern)) = &rule.scope
        else {
            return false;
        };
        let lists: &[delicate::List] = match touch {
            // A secret is one file, and its own name has to be said.
            Touch::Read if pattern.is_open() => return false,
            Touch::Read => &[delicate::List::Secret, delicate::List::Named],
            _ => &[delicate::List::Sensitive],
        };
        // The rule's own directory has to be delicate: `Edit(.vscode/**)`, not `Edit(src/**)`.
        pattern.named(self.bases()).iter().any(|path| {
            let parts = components(path, Reading::Wide).unwrap_or_default();
            lists.iter().any(|&list| names(self.list(list), &parts))
        })
    }

    /// A rule for exactly this path; none where its name would be read as a pattern.
    fn offer(&self, touch: Touch, path: &Resolved) -> Option<String> {
        let text = path.lexical.to_str()?;
        let odd = |c: char| matches!(c, '*' | '?' | '\n') || text::is_hidden(c);
        if text.contains(odd) || text.ends_with([' ', '/']) || path.real != path.lexical {
            return None;
        }
        let tool = if touch == Touch::Read { "Read" } else { "Edit" };
        let root = self.policy.roots.first().and_then(|root| path.lexical.strip_prefix(root).ok());
        Some(match root.and_then(Path::to_str) {
            Some(inside) => format!("{tool}(./{inside})"),
            None => format!("{tool}(/{text})"),
        })
    }

    /// Relative to a root where it is inside one, and where its link leads.
    pub(super) fn shown(&self, path: &Resolved) -> String {
        let short = |path: &Path| {
            let inside = self.policy.roots.iter().find_map(|root| path.strip_prefix(root).ok());
            let short = inside.filter(|inside| !inside.as_os_str().is_empty()).unwrap_or(path);
            short.display().to_string()
        };
        if path.lexical == path.real {
            return short(&path.lexical);
        }
        format!("{} (which is {})", short(&path.lexical), short(&path.real))
    }
}

/// Places that hold nothing (S8).
pub(super) fn free(path: &Path) -> bool {
    let free = ["/dev/null", "/dev/stdin", "/dev/stdout", "/dev/stderr"];
    let number = |name: &Path| {
        name.to_str().is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
    };
    free.iter().any(|free| path == Path::new(free))
        || path.strip_prefix("/dev/fd").is_ok_and(number)
}

/// Is the rule about this, for denying and asking?
fn about(rule: &Rule, touch: Touch) -> bool {
    matches!(
        (&rule.scope, touch),
        (Scope::All, _)
            | (Scope::Read(_), Touch::Read)
            | (Scope::Edit(_), Touch::Edit | Touch::Write)
            | (Scope::Write(_), Touch::Write)
    )
}
