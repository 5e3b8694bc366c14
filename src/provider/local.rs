//! Servers of one's own on this machine: who runs, and what its models take.
//!
//! Sources: docs.ollama.com/api (`/api/show`), lmstudio.ai/docs (`/api/v0/models`), llama.cpp's
//! `tools/server` (`/props`), docs.vllm.ai (`/v1/models`).

use std::future::Future;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::http;
use crate::provider::Model;

/// How long one question may take. Nobody waits for it.
const PATIENCE: Duration = Duration::from_millis(150);
/// Most bytes of an answer.
const MAX_ANSWER: usize = 4 << 20;
/// Most models of a server, and how many of them are asked about one by one.
const MAX_MODELS: usize = 256;
const MAX_ASKED: usize = 32;
/// Most bytes of a model's name.
const MAX_NAME: usize = 256;

/// A server that answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its vendor in the catalogue: `ollama`.
    pub vendor: &'static str,
    /// Where it is, without the path of a request.
    pub base_url: String,
    /// Its models.
    pub models: Vec<Served>,
}

/// A model of such a server, with what that says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// What the server calls it.
    pub name: String,
    /// Most tokens of a prompt and its reply.
    pub window: Option<u32>,
    /// Does it see pictures?
    pub images: Option<bool>,
    /// May tools be offered to it?
    pub tools: Option<bool>,
}

impl Served {
    /// A model of which no more is said.
    pub fn new(name: &str, window: Option<u32>) -> Self {
        Self { name: name.to_owned(), window, images: None, tools: None }
    }

    /// The model with what its server says of it.
    #[must_use]
    pub fn over(&self, model: Model) -> Model {
        let window = self.window.unwrap_or(model.window);
        Model {
            window,
            max_output: model.max_output.min(window),
            images: self.images.unwrap_or(model.images),
            tools: self.tools.unwrap_or(model.tools),
            known: model.known || self.window.is_some(),
            ..model
        }
    }
}

/// What listens where.
#[derive(Debug, Clone, Copy)]
struct Place {
    vendor: &'static str,
    port: u16,
}

const PLACES: [Place; 4] = [
    Place { vendor: "ollama", port: 11434 },
    Place { vendor: "lmstudio", port: 1234 },
    Place { vendor: "llamacpp", port: 8080 },
    Place { vendor: "vllm", port: 8000 },
];

/// The servers that run on this machine. Asks only the loopback address, all at once; what does
/// not answer within 150 ms a question, or in another's words, is not there.
pub async fn discover() -> Vec<Found> {
    discover_at(&PLACES, PATIENCE).await
}

/// The same where Ollama was told to listen elsewhere, by its `OLLAMA_HOST`: `host:port`, or a
/// part of that. Another machine is not asked: then all is as with [`discover`].
pub async fn discover_by(ollama_host: &str) -> Vec<Found> {
    let mut places = PLACES;
    for place in places.iter_mut().filter(|place| place.vendor == "ollama") {
        place.port = port_of(ollama_host).unwrap_or(place.port);
    }
    discover_at(&places, PATIENCE).await
}

/// The port of `OLLAMA_HOST`, where its host is this machine.
fn port_of(host: &str) -> Option<u16> {
    let host = host.trim().trim_start_matches("http://").trim_end_matches('/');
    let (name, port) = host.rsplit_once(':')?;
    let here = ["", "localhost", "127.0.0.1", "0.0.0.0", "[::1]", "[::]"].contains(&name);
    port.parse().ok().filter(|_| here)
}

/// Is this vendor a server of one's own?
pub fn is_local(vendor: &str) -> bool {
    PLACES.iter().any(|place| place.vendor == vendor)
}

async fn discover_at(places: &[Place], patience: Duration) -> Vec<Found> {
    let client = &http::Client::new(patience);
    let found = places.iter().map(|place| async move {
        let at = format!("http://127.0.0.1:{}", place.port);
        let server = Server { at, patience, client };
        let models = match place.vendor {
            "ollama" => server.ollama().await,
            "lmstudio" => server.lmstudio().await,
            "llamacpp" => server.llamacpp().await,
            _ => server.vllm().await,
        };
        let base_url = format!("{}/v1", server.at);
        Some(Found { vendor: place.vendor, base_url, models: models? })
    });
    join_all(found).await.into_iter().flatten().collect()
}

struct Server<'a> {
    at: String,
    patience: Duration,
    client: &'a http::Client,
}

impl Server<'_> {
    async fn get(&self, path: &str) -> Option<Value> {
        let (url, headers) = (format!("{}{path}", self.at), http::Headers::default());
        self.answer(self.client.get(&url, &headers)).await
    }

    async fn post(&self, path: &str, body: &Value) -> Option<Value> {
        let (url, headers) = (format!("{}{path}", self.at), http::Headers::default());
        self.answer(self.client.post(&url, &headers, body.to_string().into_bytes())).await
    }

    /// What was answered in time, as JSON.
    async fn answer(
        &self,
        asked: impl Future<Output = Result<http::Response, http::Error>>,
    ) -> Option<Value> {
        let text = async {
            let response = asked.await.ok().filter(|response| response.status() == 200)?;
            Some(response.text(MAX_ANSWER).await)
        };
        let text = tokio::time::timeout(self.patience, text).await.ok()??;
        serde_json::from_str(&text).ok()
    }

    /// The names and rows of `/v1/models`.
    async fn listed(&self) -> Option<Vec<(String, Value)>> {
        rows(&self.get("/v1/models").await?)
    }

    async fn ollama(&self) -> Option<Vec<Served>> {
        let listed = self.listed().await?;
        let asked = listed
            .iter()
            .take(MAX_ASKED)
            .map(|(name, _)| async move { self.post("/api/show", &json!({"model": name})).await });
        let mut shown = join_all(asked).await.into_iter();
        let models = listed.iter().map(|(name, _)| {
            let shown = shown.next().flatten().unwrap_or_default();
            let can = |what| has(&shown, "capabilities", what);
            let (images, tools) = (can("vision"), can("tools"));
            Served { images, tools, ..Served::new(name, window_of(&shown)) }
        });
        Some(models.collect())
    }

    async fn lmstudio(&self) -> Option<Vec<Served>> {
        let listed = rows(&self.get("/api/v0/models").await?)?;
        let speaks = |row: &Value| row.get("type").is_none_or(|kind| kind != "embeddings");
        let models = listed.into_iter().filter(|(_, row)| speaks(row)).map(|(name, row)| {
            // One that is loaded may have been given less than it could take.
            let window = number(&row, "loaded_context_length");
            let window = window.or_else(|| number(&row, "max_context_length"));
            let images = row.get("type").map(|kind| kind == "vlm");
            // Those that were not made for tools are offered them all the same, in the prompt.
            Served { images, ..Served::new(&name, window) }
        });
        Some(models.collect())
    }

    /// Many programs listen where llama.cpp does: only one that says its window is it.
    async fn llamacpp(&self) -> Option<Vec<Served>> {
        let props = self.get("/props").await?;
        let window = number(props.get("default_generation_settings")?, "n_ctx")?;
        let images = props.get("modalities").and_then(|it| it.get("vision")?.as_bool());
        let listed = self.listed().await?;
        let served =
            |(name, _): (String, Value)| Served { images, ..Served::new(&name, Some(window)) };
        Some(listed.into_iter().map(served).collect())
    }

    async fn vllm(&self) -> Option<Vec<Served>> {
        let listed = self.listed().await?;
        let models = listed.into_iter().filter_map(|(name, row)| {
            Some(Served::new(&name, Some(number(&row, "max_model_len")?)))
        });
        let models: Vec<_> = models.collect();
        (!models.is_empty()).then_some(models)
    }
}

/// The rows of a list of models that have a usable name.
fn rows(list: &Value) -> Option<Vec<(String, Value)>> {
    let rows = list.get("data")?.as_array()?.iter().take(MAX_MODELS).filter_map(|row| {
        let name = row.get("id")?.as_str()?;
        let usable = !name.is_empty() && name.len() <= MAX_NAME && !name.contains(char::is_control);
        usable.then(|| (name.to_owned(), row.clone()))
    });
    Some(rows.collect())
}

/// Is this among what a row lists? None where it lists nothing.
fn has(row: &Value, list: &str, what: &str) -> Option<bool> {
    Some(row.get(list)?.as_array()?.iter().any(|it| it == what))
}

fn number(row: &Value, key: &str) -> Option<u32> {
    let number = row.get(key)?.as_u64()?;
    u32::try_from(number).ok().filter(|number| *number > 0)
}

/// The window of a model as Ollama shows it: what its file sets counts before what it could take.
fn window_of(shown: &Value) -> Option<u32> {
    let parameters = shown.get("parameters").and_then(Value::as_str).unwrap_or_default();
    let set = parameters.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        (words.next() == Some("num_ctx")).then(|| words.next()?.parse().ok()).flatten()
    });
    set.or_else(|| {
        let facts = shown.get("model_info")?.as_object()?;
        let key = facts.keys().find(|key| key.ends_with(".context_length"))?;
        number(shown.get("model_info")?, key)
    })
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    /// Long enough for a machine that is busy.
    const PATIENT: Duration = Duration::from_secs(20);

    /// A server that answers each path, or each path with what was posted, with a text.
    async fn serve(answers: &'static [(&'static str, &'static str)]) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, answers));
            }
        });
        port
    }

    async fn answer(stream: TcpStream, answers: &[(&str, &str)]) -> Option<()> {
        let mut stream = BufReader::new(stream);
        loop {
            let (mut first, mut length) = (String::new(), 0);
            stream.read_line(&mut first).await.ok().filter(|read| *read > 0)?;
            loop {
                let mut line = String::new();
                stream.read_line(&mut line).await.ok()?;
                if let Some(text) = line.to_lowercase().strip_prefix("content-length:") {
                    length = text.trim().parse().ok()?;
                }
                if line.trim().is_empty() {
                    break;
                }
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).await.ok()?;
            let asked = format!("{} {}", first.split(' ').nth(1)?, String::from_utf8(body).ok()?);
            let found = answers.iter().find(|(wanted, _)| *wanted == asked.trim());
            let (status, text) = found.map_or((404, "{}"), |(_, text)| (200, *text));
            let head = format!("HTTP/1.1 {status} S\r\ncontent-length: {}\r\n\r\n", text.len());
            stream.write_all(format!("{head}{text}").as_bytes()).await.ok()?;
        }
    }

    async fn found(vendor: &'static str, port: u16) -> Option<Vec<Served>> {
        let found = discover_at(&[Place { vendor, port }], PATIENT).await.pop()?;
        assert_eq!(found.vendor, vendor);
        assert_eq!(found.base_url, format!("http://127.0.0.1:{port}/v1"));
        Some(found.models)
    }

    fn model(name: &str, window: Option<u32>) -> Served {
        Served::new(name, window)
    }

    #[tokio::test]
    async fn ollama_says_a_window_for_each_model() {
        let port = serve(&[
            ("/v1/models", r#"{"data":[{"id":"qwen3:8b"},{"id":"mine"},{"id":"odd"},{"id":""},{"id":"a\nb"},7]}"#),
            (r#"/api/show {"model":"qwen3:8b"}"#, r#"{"capabilities":["completion","tools"],"model_info":{"general.architecture":"qwen3","qwen3.context_length":40960}}"#),
            (r#"/api/show {"model":"mine"}"#, r#"{"parameters":"stop \"x\"\nnum_ctx    8192","capabilities":["completion","vision"],"model_info":{"llama.context_length":131072}}"#),
        ])
        .await;
        let models = found("ollama", port).await.unwrap();
        let expected = [(false, true, "qwen3:8b", 40960), (true, false, "mine", 8192)].map(
            |(images, tools, name, window)| Served {
                images: Some(images),
                tools: Some(tools),
                ..model(name, Some(window))
            },
        );
        let expected = [expected.as_slice(), &[model("odd", None)]].concat();
        assert_eq!(models, expected);
    }

    #[tokio::test]
    async fn lm_studio_says_what_is_loaded() {
        let port = serve(&[(
            "/api/v0/models",
            r#"{"data":[{"id":"a","type":"llm","max_context_length":131072},
                {"id":"b","type":"vlm","max_context_length":32768,"loaded_context_length":4096},
                {"id":"e","type":"embeddings","max_context_length":512}]}"#,
        )])
        .await;
        let models = found("lmstudio", port).await.unwrap();
        let sees =
            |name, window, images| Served { images: Some(images), ..model(name, Some(window)) };
        assert_eq!(models, [sees("a", 131_072, false), sees("b", 4096, true)]);
    }

    #[tokio::test]
    async fn llama_cpp_and_vllm_are_told_from_other_servers() {
        let llama = serve(&[
            ("/props", r#"{"default_generation_settings":{"n_ctx":8192},"modalities":{"vision":true,"audio":false}}"#),
            ("/v1/models", r#"{"data":[{"id":"model.gguf"}]}"#),
        ])
        .await;
        let vllm =
            serve(&[("/v1/models", r#"{"data":[{"id":"m","max_model_len":16384},{"id":"o"}]}"#)])
                .await;
        let page = serve(&[("/v1/models", "<html>"), ("/props", "<html>")]).await;
        let other = serve(&[("/v1/models", r#"{"data":[{"id":"x"}]}"#)]).await;
        let sees = Served { images: Some(true), ..model("model.gguf", Some(8192)) };
        assert_eq!(found("llamacpp", llama).await.unwrap(), [sees]);
        assert_eq!(found("vllm", vllm).await.unwrap(), [model("m", Some(16384))]);
        for port in [page, other] {
            assert_eq!(found("llamacpp", port).await, None);
            assert_eq!(found("vllm", port).await, None);
        }
    }

    #[tokio::test]
    async fn what_does_not_answer_is_not_there() {
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        let places = ["ollama", "lmstudio", "llamacpp", "vllm"].into_iter().flat_map(|vendor| {
            [silent.local_addr().unwrap().port(), gone].map(|port| Place { vendor, port })
        });
        let places: Vec<_> = places.collect();
        assert_eq!(discover_at(&places, Duration::from_millis(20)).await, []);
    }
}
