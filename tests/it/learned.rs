//! What a server's refusals teach of its models.

use std::path::Path;
use std::sync::Arc;

use claw::engine::{Handle, Start};
use claw::protocol::{Content, Image, Op, StopReason};
use claw::provider::catalogue::Wire;
use claw::provider::learned::Learned;
use claw::provider::{Auth, Catalogue, ProviderError, Router, Service};
use claw::session::Entry;
use serde_json::json;

use crate::support::messages::{Reply, Server};
use crate::support::session::{Session, Wish, setup};
use crate::support::wires::{Part, reply};

/// A session with a model of this vendor that nobody knows, whose lessons are kept in `file`.
async fn session(server: &Server, vendor: &'static str, file: &Path) -> Session {
    let base_url = Some(format!("{}/v1", server.url()));
    let service =
        Service { base_url, auth: Auth::Key("k".into()), ..Service::new(vendor, Wire::Chat) };
    let router = Router::new(move |name| {
        let found = (name == vendor).then(|| service.clone());
        found.ok_or_else(|| ProviderError::Auth(format!("no {name}")))
    });
    let dir = tempfile::tempdir().unwrap();
    let router = Arc::new(router.learning(file.to_owned()));
    let mut setup = setup(dir.path(), router, &Wish::default());
    setup.model = format!("{vendor}/new").as_str().into();
    Session::open(dir, Handle::new(setup), Start::New).await
}

fn refused(message: &str) -> Reply {
    let body = json!({"error": {"message": message}}).to_string();
    Reply::status(400).header("content-type", "application/json").body(body)
}

/// The model as a later session, which has read the file, would have it.
fn later(file: &Path, vendor: &str, server: &Server) -> (u32, bool) {
    let address = format!("{}/v1", server.url());
    let all = (*Catalogue::bundled()).clone();
    let all = Learned::read(file).over(all, |it| (it == vendor).then_some(&*address));
    let model = all.lookup(&format!("{vendor}/new"));
    (model.window, model.images)
}

#[tokio::test]
async fn pictures_that_are_refused_become_words() {
    let kept = tempfile::tempdir().unwrap();
    let file = kept.path().join("learned.json");
    let done = || reply(Wire::Chat, &[Part::Text("done")]);
    let server = Server::start(vec![refused("new does not support images."), done(), done()]);
    let mut session = session(&server, "vllm", &file).await;
    for _ in 0..2 {
        let picture = Image { media_type: "image/png".into(), data: "QUJD".into() };
        let content = vec![Content::text("look"), Content::Image(picture)];
        session.send(Op::Prompt { content });
        assert_eq!(session.stop().await, StopReason::EndTurn);
    }
    let shown: Vec<_> = server
        .requests()
        .iter()
        .map(|it| String::from_utf8_lossy(&it.body).contains("QUJD"))
        .collect();
    assert_eq!(shown, [true, false, false]);
    let said = session.state.entries.iter().filter(
        |it| matches!(it, Entry::Notice { text, .. } if text.contains("vllm/new sees no pictures")),
    );
    assert_eq!(said.count(), 1);
    assert!(!later(&file, "vllm", &server).1);
}

#[tokio::test]
async fn a_window_is_learned_from_the_error_that_says_it() {
    let kept = tempfile::tempdir().unwrap();
    let file = kept.path().join("learned.json");
    let long = "This model's maximum context length is 8192 tokens. However, you requested 9001.";
    let server = Server::start(vec![refused(long)]);
    let mut session = session(&server, "llamacpp", &file).await;
    session.prompt("hello");
    assert_eq!(session.stop().await, StopReason::ContextFull);
    assert_eq!(Catalogue::current().lookup("llamacpp/new").window, 8_192);
    assert_eq!(later(&file, "llamacpp", &server), (8_192, true));
}
