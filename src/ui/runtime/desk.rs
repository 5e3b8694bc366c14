//! What lies beside the terminal, off the loop: each answers with a message.

use std::path::Path;

use ratatui::buffer::Buffer;
use tokio::sync::mpsc;

use crate::base::ids;
use crate::config::write_private;
use crate::desk::{Copied, Desk};
use crate::protocol::SessionId;
use crate::provider::{Catalogue, local, offers};
use crate::session::export::to_file;
use crate::session::{Price, State, Store, each};
use crate::ui::msg::Loaded;
use crate::ui::shot::Shot;

/// Copies a text, and says how that went.
pub(super) async fn copy(desk: Desk, text: String, answer: mpsc::Sender<Loaded>) {
    let done = match desk.copy(text).await {
        Copied::Done(said) => Loaded::Done(said),
        Copied::Failed(why) => Loaded::Failed(why),
        Copied::Untold { text, way, said } => Loaded::Uncopied { text, way, said },
    };
    // The screen is gone where nobody takes the answer.
    let _ = answer.send(done).await;
}

/// Keeps the screen as a text with its colours, and as a plain one; says where.
pub(super) async fn save(desk: Desk, screen: Buffer, answer: mpsc::Sender<Loaded>) {
    let path = desk.cache.join(format!("screen-{}", ids::fresh()));
    let (plain, colours) = (path.with_extension("txt"), path.with_extension("ansi"));
    let (place, coloured) = (plain.clone(), colours.clone());
    let kept = tokio::task::spawn_blocking(move || {
        let shot = Shot::new(&screen);
        write_private(&place, shot.text().as_bytes())?;
        write_private(&coloured, shot.ansi().as_bytes())
    });
    let said = match kept.await.unwrap_or_else(|crash| Err(crash.into())) {
        Ok(()) => Loaded::Done(format!(
            "the screen is saved, secrets masked: {} (.ansi has the colours)",
            plain.display()
        )),
        Err(error) => Loaded::Failed(format!("saving the screen: {error}")),
    };
    let _ = answer.send(said).await;
}

/// Writes a session of the store to a file, as its log tells it; says where.
pub(super) async fn export(
    store: Store,
    session: SessionId,
    file: String,
    price: Price,
    answer: mpsc::Sender<Loaded>,
) {
    let written = tokio::task::spawn_blocking(move || {
        let found = store.find(session.as_str(), Path::new(""))?;
        let mut state = State::new(session);
        each(&found.path, |envelope| state.apply(&envelope))?;
        let dir = state.cwd.clone();
        to_file(&state, &found.title, (&dir, &file), price)
    });
    let said = match written.await.unwrap_or_else(|crash| Err(crash.into())) {
        Ok(path) => Loaded::Done(format!("the session is in {}", path.display())),
        Err(error) => Loaded::Failed(format!("{error:#}")),
    };
    let _ = answer.send(said).await;
}

/// Opens a web address with what the system has for that.
pub(super) async fn open(desk: Desk, url: String, answer: mpsc::Sender<Loaded>) {
    let done = match desk.open(&url).await {
        Ok(()) => Loaded::Done(format!("opened {url}")),
        Err(error) => Loaded::Failed(format!("opening {url}: {error}")),
    };
    let _ = answer.send(done).await;
}

/// Looks for servers of one's own on this machine.
pub(super) async fn find_models(generation: u64, answer: mpsc::Sender<Loaded>) {
    let found = offers::found(&Catalogue::current(), local::discover().await);
    let _ = answer.send(Loaded::Models(generation, found)).await;
}
