//! Starting inside what claw itself asks: with nothing writable.

#[cfg(target_os = "linux")]
use std::io;
use std::process::Stdio;

use crate::exec::Command;
use crate::exec::ExecError;
use crate::exec::network::Network;
use crate::exec::running::Running;
use crate::exec::sandbox::Sandbox;
use crate::exec::sandbox::Warm;
#[cfg(target_os = "linux")]
use crate::exec::sandbox::linked::Linked;
#[cfg(target_os = "linux")]
use crate::exec::sandbox::spec::Run;
#[cfg(target_os = "linux")]
use crate::exec::sandbox::spec::Spec;

impl Sandbox {
    /// Starts a program inside that only reads, its outputs and what it reads as pipes. It sees the
    /// project as it is: what is hidden from commands there, git has to compare all the same.
    #[cfg_attr(not(target_os = "linux"), allow(clippy::unused_async, reason = "as on Linux"))]
    pub(in crate::exec) async fn read(&self, command: &Command) -> Result<Running, ExecError> {
        let outside =
            |path: &&std::path::PathBuf| !self.roots.iter().any(|root| path.starts_with(root));
        let reader = Self {
            roots: Vec::new(),
            masked: self.masked.iter().filter(outside).cloned().collect(),
            hidden: Vec::new(),
            caches: Vec::new(),
            network: Network::None,
            warm: Warm::default(),
            ..self.clone()
        };
        #[cfg(target_os = "linux")]
        let started = self.reading(&reader, command).await.map(Running::Confined);
        #[cfg(target_os = "linux")]
        return started.map_err(|source| {
            let (program, cwd) = (command.name(), command.cwd.clone());
            ExecError::Spawn { program, cwd, source }
        });
        #[cfg(not(target_os = "linux"))]
        {
            let profile = super::seatbelt::profile(&reader);
            let mut inside = Command::new("/usr/bin/sandbox-exec", &command.cwd)
                .args(["-p".as_ref(), profile.as_ref(), command.program.as_os_str()])
                .args(&command.args);
            inside.env.extend_from_slice(&command.env);
            inside.stdin.clone_from(&command.stdin);
            Running::plain(&inside, Stdio::piped(), Stdio::piped())
        }
    }

    #[cfg(target_os = "linux")]
    async fn reading(&self, reader: &Self, command: &Command) -> io::Result<super::Started> {
        let linked = self.roots.iter().filter_map(|root| Linked::of(root));
        let linked = linked.flat_map(|Linked { own, common }| [own, common]);
        let read = self.roots.iter().cloned().chain(linked).chain([command.cwd.clone()]).collect();
        let words = [&command.program].into_iter().chain(&command.args).cloned();
        let mut order = reader.order(&command.cwd, Run::Program(words.collect()));
        order.surround(&command.env)?;
        if let Some(stdin) = &command.stdin {
            order.stdin = String::from_utf8(stdin.clone()).map_err(io::Error::other)?;
        }
        let spec = Spec { read, ..reader.spec() };
        let mut started = reader.helper(&spec, Stdio::piped(), Stdio::piped())?;
        // A helper that ended before it was told says so by its end.
        let _ = started.tell(&order).await;
        Ok(started)
    }
}
