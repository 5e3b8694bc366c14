//! Everything that a user does in a day, with keys alone: in a terminal and in tmux, wide and narrow.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use claw::protocol::StopReason;

use super::*;
use crate::support::run::service;
use crate::support::story::{
    CODE, COMMENT, FILE, PROMPT, QUEUED, STEER, Story, WHY_NOT, numbers, spelled,
};

const NARROW: (u16, u16) = (80, 24);

/// claw in a terminal, perhaps with tmux between them.
///
/// tmux ends before its folder goes: its socket is in it.
struct Walk {
    claw: Terminal,
    tmux: Option<Tmux>,
    story: Story,
}

/// A server of tmux of our own; it ends with the test.
struct Tmux {
    home: PathBuf,
}

impl Tmux {
    fn command(&self, args: &[&str]) -> std::process::Output {
        let mut tmux = Command::new("tmux");
        tmux.env_clear().env("PATH", std::env::var("PATH").unwrap()).env("TMUX_TMPDIR", &self.home);
        tmux.args(["-L", "walk"]).args(args).output().unwrap()
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        self.command(&["kill-server"]);
    }
}

impl Walk {
    fn begin(size: (u16, u16), in_tmux: bool) -> Self {
        let story = Story::new();
        let Story { place, server, .. } = &story;
        let url = server.url();
        let home = place.home.path();
        let tmux = in_tmux.then(|| Tmux { home: home.to_owned() });
        let mut env = service(&url).to_vec();
        let folder = home.display().to_string();
        let claw = if tmux.is_some() {
            env.push(("TMUX_TMPDIR", &folder));
            let program = Path::new("tmux");
            let claw = env!("CARGO_BIN_EXE_claw");
            let args = ["-L", "walk", "-f", "/dev/null", "start-server", ";"];
            let args = [&args[..], &["set", "-g", "status", "off", ";"], &["new-session", claw]];
            let (home, project) = (&place.home, &place.project);
            Terminal::start_program(program, home, project, &args.concat(), &env, size, Says::What)
        } else {
            Terminal::start_with(&place.home, &place.project, &[], &env, size)
        };
        claw.wait_for(IDLE);
        claw.wait_for(" main ");
        Self { claw, tmux, story }
    }

    /// Types, then waits for what that brings.
    #[track_caller]
    fn does(&self, keys: &str, seen: &str) {
        self.claw.press(keys);
        self.claw.wait_for(seen);
    }

    /// Waits until nothing says this any more.
    #[track_caller]
    fn gone(&self, text: &str) {
        self.claw.wait(&format!("no {text}"), |screen| !screen.contents().contains(text));
    }

    /// The clipboard has this: the terminal was given it, or tmux's own buffer was.
    #[track_caller]
    fn copied(&self, text: &str) {
        let coded = BASE64_STANDARD.encode(text);
        if let Some(tmux) = &self.tmux {
            self.claw
                .wait("the buffer", |_| tmux.command(&["show-buffer"]).stdout == text.as_bytes());
        } else {
            let wanted = format!("\x1b]52;c;{coded}");
            self.claw.wait_bytes("the clipboard", |bytes| {
                bytes.windows(wanted.len()).any(|part| part == wanted.as_bytes())
            });
        }
    }

    /// A prompt; words into the turn; words for after it.
    fn ask(&mut self) {
        self.does(PROMPT, PROMPT);
        self.does("\r", "The numbers are");
        self.does(STEER, STEER);
        self.does("\r", "into this turn: ");
        self.does(QUEUED, QUEUED);
        self.does("\t", &format!("after this turn: {QUEUED}"));
        self.story.think_on();
    }

    /// One hunk of three is applied, with a comment; the command after it is denied with words.
    fn judge(&self) {
        let claw = &self.claw;
        claw.wait("the question", |screen| armed(screen, "Write f.txt"));
        claw.wait_for("3 chosen");
        self.does(" ", "2 chosen");
        self.does("]c]c ", "1 chosen");
        self.does("c", "Your comment");
        self.does(COMMENT, COMMENT);
        self.does("\r", &format!("your comment: {COMMENT}"));
        self.does("G", "Apply 1 of 3 hunks");
        self.gone("not all of it was seen");
        claw.press("y");
        claw.wait("the next question", |screen| armed(screen, "rm -r build"));
        self.story.check_part();
        self.does("d", "Deny, and say why");
        self.does(WHY_NOT, WHY_NOT);
        self.does("\r", "Done so.");
        self.story.check_denied();
        self.story.check_queued();
        claw.wait_for(IDLE);
    }

    /// Looks for the code, and copies it.
    fn search_and_copy(&self) {
        // Right after an answer keys go nowhere for a moment.
        self.claw.press_until("\x1b1", |screen| {
            let shown = screen.contents();
            shown.contains("━ 1 Transcript")
                || shown.contains("▌1 Transcript▐") && shown.contains("i message")
        });
        self.does("/sed -n", "find: sed -n");
        self.does("\r", "1 of ");
        self.claw.press("vjjjy");
        // Four rows are three lines of the source: they are copied neither wrapped nor padded.
        self.copied(CODE.trim_end_matches('\n'));
        // What is selected is left first, then the search.
        self.claw.press_until("\x1b", |screen| !screen.contents().contains("find: "));
    }

    /// Away to a new session and back again.
    fn switch(&self) {
        self.does("\x18n", "Type a task and press Enter");
        self.gone("Done so.");
        self.does("\x18s", "(no prompt yet)");
        self.does("j", &format!("› ○ {PROMPT}"));
        self.does("\r", "Done so.");
    }

    /// The hunk is taken back and put in again.
    fn revert(&self) {
        self.does("\x183", "+ twenty");
        self.does("]cx", "x again takes");
        self.does("x", "no changes since session start");
        self.claw.wait("the file", |_| self.story.file() == numbers());
        assert_eq!(self.story.diff(), "");
        self.claw.press("U");
        self.gone("no changes since session start");
        self.claw.wait_for("+ twenty");
        assert_eq!(self.story.file(), spelled(&[20]));
        assert!(self.story.diff().contains("+twenty"), "{}", self.story.diff());
    }

    /// Another theme.
    fn look_different(&self) {
        let ground = || self.claw.screen(|screen| screen.cell(3, 3).unwrap().bgcolor());
        let before = ground();
        self.does("\x18t", "Theme");
        self.does("light", "claw-light");
        self.does("\r", "theme: claw-light");
        assert_ne!(ground(), before);
    }

    /// A prompt that is put right with vim's keys; it leaves while that is answered.
    fn leave(&mut self) {
        self.claw.press("\x18v");
        self.does("\x18\r", "INSERT ━");
        self.does("say the wrnog word", "wrnog word");
        self.does("\x1b", "NORMAL ━");
        self.does("bbcwright", "say the right word");
        self.does("\x1b", "NORMAL ━");
        // The transcript was left somewhere else: sending does not move it.
        self.claw.press("\r");
        self.gone("right word");
        self.does("\x181G", "This answer");
        self.story.check_last("say the right word");
        self.does("\x18q", "Stop the turn and quit");
        self.claw.press("\x1b[B\r");
        assert_eq!(self.claw.exit_code(), 0);
    }

    fn whole(mut self) {
        use StopReason::{Cancelled, EndTurn};

        self.ask();
        self.judge();
        self.search_and_copy();
        self.switch();
        self.revert();
        self.look_different();
        self.leave();
        if self.tmux.is_none() {
            is_given_back(&self.claw);
        }
        assert_eq!(
            self.story.place.git(&["status", "--porcelain"]),
            format!(" M {FILE}\n"),
            "nothing else was touched"
        );
        let logs = self.story.place.logs().into_iter();
        let logs = logs.filter(|path| path.extension().is_some_and(|end| end == "jsonl"));
        let ended: Vec<_> =
            logs.flat_map(|path| ends(&session::read(&path).unwrap().envelopes)).collect();
        assert_eq!(ended, [EndTurn, EndTurn, Cancelled]);
    }
}

#[test]
fn the_whole_walk_with_keys_alone() {
    Walk::begin(WIDE, false).whole();
}

#[test]
fn the_whole_walk_on_a_small_screen() {
    Walk::begin(NARROW, false).whole();
}

#[test]
fn the_whole_walk_in_tmux() {
    if Command::new("tmux").arg("-V").output().is_err() {
        eprintln!("skipped: tmux is not installed");
        return;
    }
    for size in [WIDE, NARROW] {
        Walk::begin(size, true).whole();
    }
}
