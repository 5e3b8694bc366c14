//! Themes that are read again when their files change.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::ui::msg::Loaded;
use crate::ui::theme::Shelf;
use crate::workspace::DirWatch;

pub(super) type ReadThemes = Arc<dyn Fn() -> (Shelf, Vec<String>) + Send + Sync>;

/// Editors write a file in several steps: that is one change.
const SETTLE: Duration = Duration::from_millis(60);

/// Reads the themes again whenever one of their files changes, until the screen is gone.
pub(super) async fn follow_themes(watch: DirWatch, read: ReadThemes, answer: mpsc::Sender<Loaded>) {
    loop {
        tokio::select! {
            () = watch.changed() => {}
            () = answer.closed() => return,
        }
        tokio::time::sleep(SETTLE).await;
        let read = read.clone();
        let Ok((themes, failed)) = tokio::task::spawn_blocking(move || read()).await else {
            return;
        };
        if answer.send(Loaded::Themes(themes, failed)).await.is_err() {
            return;
        }
    }
}
