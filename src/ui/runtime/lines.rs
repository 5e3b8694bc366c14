//! Lines of a file that the changes do not bring: read beside the loop.

use std::io::ErrorKind;

use tokio::sync::mpsc::Sender;

use crate::base::regular;
use crate::ui::msg::Loaded;
use crate::ui::pane::changes::{Asked, Lines};

/// Bytes of a file in which they are looked for.
const MOST: usize = 8 << 20;

/// Reads them; the answer comes later.
pub(super) fn read(asked: Asked, back: Sender<Loaded>) {
    tokio::task::spawn_blocking(move || {
        let found = find(&asked);
        let lines = Lines { session: asked.session, generation: asked.generation, found };
        // The screen is gone where nobody takes the answer.
        let _ = back.blocking_send(Loaded::Lines(lines));
    });
}

fn find(asked: &Asked) -> Result<Vec<String>, String> {
    match regular::read(&asked.path, MOST) {
        Ok(read) if read.cut => Err("the file is too large to unfold its lines".to_owned()),
        Ok(read) => asked.pick(&String::from_utf8_lossy(&read.bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Err("the file is gone".to_owned()),
        Err(error) => Err(format!("its lines cannot be read: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::mpsc::channel;

    #[tokio::test]
    async fn lines_are_read_or_it_is_said_why_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        let below = vec!["three".to_owned()];
        let session = "s1".into();
        let asked = Asked { session, generation: 7, path: path.clone(), from: 2, count: 1, below };
        let (back, mut answers) = channel(4);
        let mut said = async |asked: &Asked| {
            read(asked.clone(), back.clone());
            match answers.recv().await {
                Some(Loaded::Lines(lines)) => (lines.generation, lines.found),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(said(&asked).await, (7, Err("the file is gone".to_owned())));
        std::fs::write(&path, "one\ntwo\nthree\n").unwrap();
        assert_eq!(said(&asked).await, (7, Ok(vec!["two".to_owned()])));
        let folder = Asked { path: dir.path().to_owned(), ..asked };
        assert!(said(&folder).await.1.unwrap_err().starts_with("its lines cannot be read: "));
    }
}
