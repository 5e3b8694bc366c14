//! `claw models`: what each takes, says and costs, and which have a key here.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use serde_json::{Value, json};

use crate::base::regular;
use crate::base::text::sanitise;
use crate::cli::args::Flags;
use crate::cli::services::{self, Key, MAX_LIST, Services};
use crate::cli::setup::Place;
use crate::cli::{Wrong, runtime, tell};
use crate::config::write_private;
use crate::http;
use crate::provider::catalogue::{Thinking, Vendor};
use crate::provider::{Catalogue, Model};

/// How long fetching a list may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// Lists the models, or reads the list anew.
pub(super) fn run(
    filter: Option<&str>,
    json: bool,
    refresh: Option<&str>,
    flags: &Flags,
) -> Result<u8, Wrong> {
    let place = Place::find(flags)?;
    let runtime = runtime(flags)?;
    let text = if let Some(from) = refresh {
        runtime.block_on(refreshed(&place, from, json))?
    } else {
        let (all, notices) = services::catalogue(&place).map_err(Wrong::Usage)?;
        for notice in &notices {
            tell(notice);
        }
        let found = runtime.block_on(services::found(&place));
        let all = services::with_found(all, &found);
        let here: Vec<_> = found.iter().map(|server| server.vendor).collect();
        listing(&all, &Services::of(&place), &here, filter, json)
    };
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Wrong::Failed(anyhow!("writing the list: {error}")))
        }
        _ => Ok(0),
    }
}

/// Reads a list, and puts it in the place of the last one only where it is one.
async fn refreshed(place: &Place, from: &str, json: bool) -> Result<String> {
    let text = if from.starts_with("https://") || from.starts_with("http://") {
        tokio::time::timeout(PATIENCE, fetch(from))
            .await
            .map_err(|_| anyhow!("{} took longer than a minute", http::host_of(from)))??
    } else {
        read(Path::new(from))?
    };
    let all = Catalogue::read(&text).with_context(|| format!("reading {}", shown(from)))?;
    let (models, vendors) = (all.models().count(), all.vendors().count());
    let shown = shown(from);
    ensure!(models > 0, "reading {shown}: no model in it has a vendor that claw can speak with");
    let file = services::fetched(place);
    write_private(&file, text.as_bytes()).with_context(|| format!("writing {}", file.display()))?;
    if json {
        return Ok(format!("{}\n", json!({"models": models, "vendors": vendors, "file": file})));
    }
    let file = file.display().to_string();
    Ok(format!("{models} models of {vendors} vendors, kept in {}\n", sanitise(&file)))
}

/// An address without what may be secret in it.
fn shown(from: &str) -> String {
    if from.contains("://") { http::host_of(from) } else { from.to_owned() }
}

fn read(file: &Path) -> Result<String> {
    let doing = || format!("reading {}", file.display());
    let real = file.canonicalize().with_context(doing)?;
    let content = regular::read(&real, MAX_LIST).with_context(doing)?;
    ensure!(!content.cut, "{}: it is longer than {} MiB", doing(), MAX_LIST >> 20);
    String::from_utf8(content.bytes).with_context(doing)
}

async fn fetch(url: &str) -> Result<String> {
    let host = http::host_of(url);
    // A list says where a key goes.
    ensure!(
        url.starts_with("https://") || http::is_loopback(url),
        "{host}: a list of models comes by https:// alone, unless it is on this machine"
    );
    let client = http::Client::new(http::IDLE);
    let mut response = client.get(url, &http::Headers::default()).await?;
    let status = response.status();
    if let Some(there) = response.header("location").filter(|_| (300..400).contains(&status)) {
        bail!("{host} says that it is elsewhere now: {there}");
    }
    ensure!(status == 200, "{host} answered with {status}");
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk);
        ensure!(body.len() <= MAX_LIST, "{host} sent more than {} MiB", MAX_LIST >> 20);
    }
    String::from_utf8(body).with_context(|| format!("reading what {host} sent"))
}

fn listing(
    all: &Catalogue,
    services: &Services,
    here: &[&str],
    filter: Option<&str>,
    json: bool,
) -> String {
    let keys: BTreeMap<_, _> = all
        .vendors()
        .map(|vendor| {
            let key = services.key(vendor);
            // A server of one's own that does not answer is of no use.
            let runs = !crate::provider::local::is_local(&vendor.id)
                || here.contains(&vendor.id.as_str())
                || key != Key::Free;
            (vendor.id.as_str(), (vendor, key, runs))
        })
        .collect();
    let wanted = filter.map(str::to_lowercase);
    let fits = |model: &Model| {
        let title = keys.get(&*model.vendor).map_or("", |(vendor, ..)| &vendor.title);
        let names = [&*model.vendor, &*model.id.0, &model.title, title];
        let holds = |wanted: &String| names.iter().any(|it| it.to_lowercase().contains(wanted));
        wanted.as_ref().is_none_or(holds)
    };
    let models = all.models().filter(|model| fits(model));
    if json {
        let rows: Vec<_> = models
            .map(|model| {
                let key = keys.get(&*model.vendor);
                row(model, key.is_some_and(|(_, key, runs)| key.is_there() && *runs))
            })
            .collect();
        return format!("{:#}\n", Value::Array(rows));
    }
    table(models.map(|model| &**model), &keys)
}

fn row(model: &Model, key: bool) -> Value {
    let price = model.price.as_ref().map(|price| {
        let each = &price.each;
        json!({
            "input": each.input, "output": each.output,
            "cache_read": each.cache_read, "cache_write": each.cache_write,
        })
    });
    json!({
        "id": model.id.0, "vendor": model.vendor, "name": model.name, "title": model.title,
        "window": model.window, "max_output": model.max_output, "known": model.known,
        "tools": model.tools, "images": model.images, "pdf": model.pdf,
        "thinking": thinking(model), "price": price, "usable": key,
    })
}

fn thinking(model: &Model) -> String {
    match &model.thinking {
        Thinking::None => "no".to_owned(),
        Thinking::Fixed => "fixed".to_owned(),
        Thinking::Effort(efforts) => {
            efforts.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
        }
        Thinking::Budget(least, most) => format!("{least} to {most} tokens"),
    }
}

fn table<'a>(
    models: impl Iterator<Item = &'a Model>,
    keys: &BTreeMap<&str, (&Vendor, Key, bool)>,
) -> String {
    let mut rows = vec![["MODEL", "WINDOW", "OUTPUT", "$ IN/OUT", "THINKING"].map(str::to_owned)];
    let mut vendors = Vec::new();
    for model in models {
        vendors.push(&*model.vendor);
        let price = model.price.as_ref().map_or("unknown".to_owned(), |price| {
            format!("{}/{}", price.each.input, price.each.output)
        });
        let known = |tokens: u32| if model.known { size(tokens) } else { "unknown".to_owned() };
        let name = sanitise(&model.id.0).to_string();
        let (window, output) = (known(model.window), size(model.max_output));
        rows.push([name, window, output, price, thinking(model)]);
    }
    let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2), width(3)];
    let mut out = String::new();
    let mut last = "";
    for (at, [name, window, output, price, thinking]) in rows.iter().enumerate() {
        let vendor = at.checked_sub(1).map_or("", |at| vendors[at]);
        if vendor != last {
            last = vendor;
            let said = keys.get(vendor).map_or(String::new(), |(vendor, key, runs)| {
                let title = sanitise(&vendor.title);
                format!("{title}: {}", if *runs { of(key) } else { "not running".to_owned() })
            });
            // Writing to a string does not fail.
            let _ = writeln!(out, "\n{said}");
        }
        let [a, b, c, d] = widths;
        let _ = writeln!(out, "  {name:<a$}  {window:>b$}  {output:>c$}  {price:>d$}  {thinking}");
    }
    if vendors.is_empty() {
        let _ = writeln!(out, "  none; without a filter claw models lists all");
    }
    let named = |id: &str| vendors.contains(&id);
    let others: Vec<_> = keys
        .iter()
        .filter(|(id, (_, key, runs))| !named(id) && key.is_there() && *runs)
        .map(|(id, _)| *id)
        .collect();
    if !others.is_empty() {
        let others = others.join(", ");
        let _ = writeln!(out, "\nAlso usable, by vendor/NAME: {}", sanitise(&others));
    }
    out
}

/// What is said of a key. Never the key.
pub(super) fn of(key: &Key) -> String {
    match key {
        Key::Variable(name) => format!("key in {}", sanitise(name)),
        Key::Command => "key by its key_command".to_owned(),
        Key::Login(_) => "logged in".to_owned(),
        Key::Free => "no key needed".to_owned(),
        Key::Missing(names) if names.is_empty() => "no key".to_owned(),
        Key::Missing(names) => format!("no key; {} would hold it", sanitise(&names.join(" or "))),
        Key::Bad(why) => format!("no usable key: {}", sanitise(why)),
    }
}

/// A number of tokens, short.
fn size(tokens: u32) -> String {
    match tokens {
        0..10_000 => tokens.to_string(),
        10_000..1_000_000 => format!("{}k", tokens / 1000),
        _ => format!("{:.2}M", f64::from(tokens) / 1e6).replace(".00M", "M"),
    }
}
