//! A project in a temporary directory, and calls on it as the agent makes them.

use super::*;
use crate::exec::{self, Order};

/// A project and everything a call needs.
pub(crate) struct Bench {
    dir: tempfile::TempDir,
    pub(crate) workspace: Arc<Workspace>,
    pub(crate) cancel: CancellationToken,
    pub(crate) progress: watch::Sender<Progress>,
    registry: Registry,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap().join("project");
        std::fs::create_dir(&root).unwrap();
        Self {
            dir,
            workspace: Arc::new(Workspace::new(root)),
            cancel: CancellationToken::new(),
            progress: watch::Sender::default(),
            registry: Registry::builtin(),
        }
    }

    /// A path in the project.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.workspace.root().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    pub(crate) fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn prepare(
        &self,
        name: &str,
        input: Value,
    ) -> Result<Box<dyn Invocation>, ToolError> {
        self.registry.get(name).unwrap().prepare(input, &self.workspace)
    }

    pub(crate) fn cx(&self) -> Context {
        Context {
            workspace: Arc::clone(&self.workspace),
            cancel: self.cancel.clone(),
            progress: self.progress.clone(),
            spill: self.dir.path().join("spill"),
            start: None,
        }
    }

    /// The same with the right to start what the call shows.
    pub(crate) async fn cx_of(&self, call: &dyn Invocation) -> Context {
        let mut cx = self.cx();
        for access in call.access() {
            if let Access::Shell { script } = access {
                let (script, cwd) = (&script.command, &script.cwd);
                let order = Order { script, cwd, env: &[], sandbox: None, policy: "p" };
                let ticket = exec::tests::ticket(order).await;
                let policy: Arc<dyn Fn() -> String + Send + Sync> = Arc::new(|| "p".to_owned());
                cx.start = Some(Start { ticket, env: Vec::new(), sandbox: None, policy });
            }
        }
        cx
    }

    pub(crate) async fn call(&self, name: &str, input: Value) -> Result<Output, ToolError> {
        let call = self.prepare(name, input)?;
        let cx = self.cx_of(&*call).await;
        call.run(cx).await
    }
}
