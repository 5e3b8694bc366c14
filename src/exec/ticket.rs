//! What was decided, to the byte: a call starts this or nothing (P09).

use std::ffi::OsStr;
use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use anyhow::anyhow;

use crate::audit::Audit;
use crate::audit::Entry;
use crate::audit::Record;
use crate::base::digest;
use crate::exec::ExecError;
use crate::exec::env;
use crate::exec::sandbox::Sandbox;

/// The shell that runs scripts: a fixed one, without the user's or the project's settings.
pub(super) const BASH: &str = "/bin/bash";

/// A script and all that decides what it can do.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// Given to `/bin/bash --noprofile --norc -c`, byte for byte.
    pub script: &'a str,
    /// Where it starts.
    pub cwd: &'a Path,
    /// Variables on top of what every child sees.
    pub env: &'a [(OsString, OsString)],
    /// What confines it; none where it runs as the user does.
    pub sandbox: Option<&'a Sandbox>,
    /// The hash of the rules that hold.
    pub policy: &'a str,
}

impl Order<'_> {
    /// The words as they are run. A script that begins with a dash is no option.
    pub(super) fn argv(&self) -> [&str; 6] {
        [BASH, "--noprofile", "--norc", "-c", "--", self.script]
    }

    /// What the script sees of the environment.
    fn variables(&self) -> Vec<(OsString, OsString)> {
        let mut all = match self.sandbox {
            Some(sandbox) => {
                sandbox.env().into_iter().map(|(name, value)| (name.into(), value.into())).collect()
            }
            None => env::for_children(),
        };
        all.extend_from_slice(self.env);
        all
    }

    /// Hashes of the parts, and what each is called.
    fn parts(&self) -> [(&'static str, String); 5] {
        let variables = self.variables();
        let variables = variables.iter().flat_map(|(name, value)| [&**name, &**value]);
        let cwd = [self.cwd.as_os_str()];
        // All of it: where it may write, what it does not see, whether it has a network.
        let sandbox = format!("{:?}", self.sandbox);
        [
            ("command", hash(self.argv().map(OsStr::new))),
            ("directory", hash(cwd)),
            ("environment", hash(variables)),
            ("sandbox", hash([OsStr::new(&sandbox)])),
            ("rules", hash([OsStr::new(self.policy)])),
        ]
    }
}

/// The hash of these texts; where one ends counts.
fn hash<'a>(texts: impl IntoIterator<Item = &'a OsStr>) -> String {
    let mut bytes = Vec::new();
    for text in texts {
        let text = text.as_encoded_bytes();
        bytes.extend((text.len() as u64).to_be_bytes());
        bytes.extend_from_slice(text);
    }
    digest::sha256(&bytes)
}

/// The right to start one script as it was judged. Made with its record in the audit log: what
/// has none cannot be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket([(&'static str, String); 5]);

impl Ticket {
    /// Writes down that `order` is about to start, then gives the ticket for exactly that. `about`
    /// tells for whom.
    ///
    /// # Errors
    ///
    /// Where the audit log cannot be written: then it must not start.
    pub async fn issue(
        order: Order<'_>,
        audit: Arc<Audit>,
        about: impl FnOnce(Entry) -> Record,
    ) -> Result<Self> {
        let ticket = Self(order.parts());
        let (command, cwd) = (order.script.to_owned(), order.cwd.to_owned());
        let record = about(Entry::Spawn { command, cwd });
        // Another process may be appending: that is waited for where it holds up nobody else.
        let done = tokio::task::spawn_blocking(move || audit.append(&record)).await;
        done.unwrap_or_else(|crash| Err(anyhow!("writing the audit log: {crash}")))?;
        Ok(ticket)
    }

    /// Is `order` what the ticket was made for?
    ///
    /// # Errors
    ///
    /// Where it is not; names what differs.
    pub(super) fn admits(&self, order: &Order<'_>) -> Result<(), ExecError> {
        let asked = order.parts();
        let other = self.0.iter().zip(&asked).find(|(judged, asked)| judged != asked);
        match other {
            None => Ok(()),
            Some(((what, _), _)) => Err(ExecError::NotJudged { what }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec;
    use crate::exec::Shell;
    use std::time::Duration;
    use tokio_util::sync::CancellationToken;

    /// Every part that is exchanged between the decision and the start: nothing runs.
    #[tokio::test]
    async fn only_what_was_judged_is_started() {
        let dir = tempfile::tempdir().unwrap();
        let marker = dir.path().join("ran");
        let script = format!("touch {}", marker.display());
        let audit = Arc::new(Audit::new(dir.path().join("audit")));
        let env = [("A".into(), "1".into())];
        let judged =
            Order { script: &script, cwd: dir.path(), env: &env, sandbox: None, policy: "p" };
        let ticket = Ticket::issue(judged, Arc::clone(&audit), exec::tests::record).await.unwrap();
        let spill = dir.path().join("spill");
        let start = async |order| {
            let timeout = Duration::from_secs(30);
            let it = Shell { order, ticket: &ticket, timeout, spill: &spill };
            exec::shell(it, |_, _| {}, &CancellationToken::new()).await
        };
        let other = format!("{script} ");
        let renamed = [("B".into(), "1".into())];
        let set = [("A".into(), "2".into())];
        let box_ = Sandbox::new("/claw", dir.path(), None, Path::new("/claw")).unwrap();
        let table = [
            (Order { script: &other, ..judged }, "command"),
            (Order { cwd: Path::new("/"), ..judged }, "directory"),
            (Order { env: &renamed, ..judged }, "environment"),
            (Order { env: &set, ..judged }, "environment"),
            (Order { env: &[], ..judged }, "environment"),
            (Order { sandbox: Some(&box_), ..judged }, "environment"),
            (Order { policy: "q", ..judged }, "rules"),
        ];
        for (order, what) in table {
            let error = start(order).await.unwrap_err().to_string();
            assert!(error.contains(&format!("its {what} ")), "{order:?}: {error}");
            assert!(!marker.exists(), "{order:?}");
        }
        start(judged).await.unwrap();
        assert!(marker.exists());
        let mut spawned = 0;
        crate::audit::read(audit.dir(), |_, kept| {
            let Entry::Spawn { command, cwd } = kept.unwrap().record.entry else { panic!() };
            assert_eq!((command, cwd), (script.clone(), dir.path().to_owned()));
            spawned += 1;
            Ok(())
        })
        .unwrap();
        assert_eq!(spawned, 1);
    }

    #[test]
    fn a_sandbox_that_is_another_is_seen() {
        fn order(sandbox: &Sandbox) -> Order<'_> {
            let cwd = Path::new("/w");
            Order { script: "ls", cwd, env: &[], sandbox: Some(sandbox), policy: "" }
        }
        let made = |root| Sandbox::new("/claw", Path::new(root), None, Path::new("/own")).unwrap();
        let (one, mut two) = (made("/w"), made("/w"));
        let ticket = Ticket(order(&one).parts());
        assert!(ticket.admits(&order(&two)).is_ok());
        two.roots.push("/".into());
        assert!(matches!(
            ticket.admits(&order(&two)),
            Err(ExecError::NotJudged { what: "sandbox" })
        ));
        two.roots.pop();
        two.network = crate::exec::Network::All;
        assert!(ticket.admits(&order(&two)).is_err());
    }

    #[tokio::test]
    async fn without_a_record_there_is_no_ticket() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let audit = Arc::new(Audit::new(file.path().to_owned()));
        let order =
            Order { script: "ls", cwd: Path::new("/"), env: &[], sandbox: None, policy: "" };
        assert!(Ticket::issue(order, audit, exec::tests::record).await.is_err());
    }
}
