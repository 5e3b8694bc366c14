//! A project in a temporary directory, and calls on it as the agent makes them.

use super::*;

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
            sandbox: None,
        }
    }

    pub(crate) async fn call(&self, name: &str, input: Value) -> Result<Output, ToolError> {
        self.prepare(name, input)?.run(self.cx()).await
    }
}
