//! In what the services that speak Chat Completions differ: one row each, data that `encode` and
//! `decode` ask.
//!
//! Sources: the API references at platform.openai.com, openrouter.ai/docs, api-docs.deepseek.com,
//! console.groq.com/docs, docs.x.ai, docs.mistral.ai, alibabacloud.com/help/model-studio, and those
//! of the servers of one's own: docs.ollama.com, lmstudio.ai/docs, llama.cpp's `tools/server`,
//! docs.vllm.ai.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

/// What limits the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    /// `max_tokens`.
    Tokens,
    /// `max_completion_tokens`: the reasoning counts.
    CompletionTokens,
}

impl Limit {
    fn other(self) -> Self {
        match self {
            Self::Tokens => Self::CompletionTokens,
            Self::CompletionTokens => Self::Tokens,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Tokens => "max_tokens",
            Self::CompletionTokens => "max_completion_tokens",
        }
    }
}

/// How an effort is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Steer {
    /// Not at all.
    Never,
    /// `reasoning_effort`.
    Field,
    /// `reasoning: {effort}` or `{max_tokens}`.
    Object,
    /// `thinking: {type}`, and `reasoning_effort` where it is on.
    Toggle,
    /// `enable_thinking`, and `thinking_budget`.
    Enable,
}

/// A field of a message that holds reasoning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    /// `reasoning_content`
    Content,
    /// `reasoning`
    Plain,
}

/// What of its own reasoning a model is sent back, with the messages that asked for tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Back {
    /// Nothing.
    Never,
    /// The words, where there are any.
    Words(Field),
    /// The words, and an empty field where there are none: without it the request is refused.
    Always(Field),
    /// `reasoning_details`, as they came.
    Details,
}

/// Which names of calls are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ids {
    /// What can be seen, to a length that nobody minds.
    Any,
    /// At most so many letters, digits, `_` and `-`.
    Letters(usize),
    /// Exactly nine letters and digits.
    Nine,
}

/// How the service is helped to find what it has in its cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cache {
    /// It finds it by itself.
    Alone,
    /// By the session's name as `prompt_cache_key`.
    Key,
    /// By the session's name in this header.
    Header(&'static str),
    /// By marks, for the models whose names begin so.
    Marks(&'static str),
}

/// How one service wants its requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quirks {
    pub limit: Limit,
    /// May `stream_options` ask for the usage? Where not, it comes unasked.
    pub usage: bool,
    /// Who gives the instructions: `system` or `developer`.
    pub instructions: &'static str,
    pub steer: Steer,
    pub back: Back,
    pub ids: Ids,
    pub cache: Cache,
    /// May the result of a tool hold a picture? Elsewhere the user shows it after the results.
    pub tools_show: bool,
    /// May the user speak right after the results of tools?
    pub user_after_tools: bool,
    /// What an address without a path lacks.
    pub version: &'static str,
}

/// What nearly every server takes.
const CAUTIOUS: Quirks = Quirks {
    limit: Limit::Tokens,
    usage: true,
    instructions: "system",
    steer: Steer::Field,
    back: Back::Never,
    ids: Ids::Any,
    cache: Cache::Alone,
    tools_show: false,
    user_after_tools: true,
    version: "/v1",
};

#[rustfmt::skip]
const ROWS: &[(&str, Quirks)] = &[
    ("openai", Quirks {
        limit: Limit::CompletionTokens, instructions: "developer", ids: Ids::Letters(40), cache: Cache::Key, ..CAUTIOUS
    }),
    ("openrouter", Quirks {
        steer: Steer::Object, back: Back::Details, ids: Ids::Letters(64), cache: Cache::Marks("anthropic/"), ..CAUTIOUS
    }),
    // In thinking mode it refuses a message with calls that says nothing of its reasoning.
    ("deepseek", Quirks { steer: Steer::Toggle, back: Back::Always(Field::Content), version: "", ..CAUTIOUS }),
    ("groq", Quirks { limit: Limit::CompletionTokens, ..CAUTIOUS }),
    ("xai", Quirks { limit: Limit::CompletionTokens, cache: Cache::Header("x-grok-conv-id"), ..CAUTIOUS }),
    // Unknown fields are refused, and so are words of the user after the result of a tool.
    ("mistral", Quirks { usage: false, ids: Ids::Nine, tools_show: true, user_after_tools: false, ..CAUTIOUS }),
    ("alibaba", Quirks { steer: Steer::Enable, ..CAUTIOUS }),
    ("ollama", Quirks { back: Back::Words(Field::Plain), ..CAUTIOUS }),
    ("lmstudio", CAUTIOUS),
    ("llamacpp", Quirks { steer: Steer::Never, back: Back::Words(Field::Content), ..CAUTIOUS }),
    ("vllm", Quirks { back: Back::Words(Field::Plain), ..CAUTIOUS }),
];

/// Words that refuse a field.
const REFUSES: &[&str] = &[
    "unsupported",
    "not support",
    "unrecognized",
    "unknown",
    "unexpected",
    "not permitted",
    "not allowed",
    "extra",
    "instead",
];

impl Quirks {
    /// The row of a service.
    pub(super) fn of(service: &str) -> Self {
        let row = ROWS.iter().find(|(name, _)| *name == service);
        row.map_or(CAUTIOUS, |(_, quirks)| *quirks)
    }

    /// The row that a refusal asks for; none where it is about something else. `said` is what the
    /// service said, in small letters.
    pub(super) fn mended(self, said: &str) -> Option<Self> {
        let refuses = REFUSES.iter().any(|word| said.contains(word));
        let misses =
            ["must be passed back", "missing", "required"].iter().any(|it| said.contains(it));
        if said.contains("reasoning_content") && misses {
            let back = Back::Always(Field::Content);
            return (self.back != back).then_some(Self { back, ..self });
        }
        if refuses && self.usage && said.contains("stream_options") {
            return Some(Self { usage: false, ..self });
        }
        if refuses && said.contains(self.limit.name()) {
            return Some(Self { limit: self.limit.other(), ..self });
        }
        let steers = ["reasoning_effort", "reasoning.effort", "enable_thinking"];
        if refuses && self.steer != Steer::Never && steers.iter().any(|it| said.contains(it)) {
            return Some(Self { steer: Steer::Never, ..self });
        }
        if refuses && self.instructions == "developer" && said.contains("developer") {
            return Some(Self { instructions: "system", ..self });
        }
        None
    }
}

impl Ids {
    /// A call's name as the service takes it. The same one always becomes the same; two become
    /// two. `own`: the service itself named it so.
    pub(super) fn fit(self, id: &str, own: bool) -> Cow<'_, str> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let (fits, length) = match self {
            Self::Any => (visible(id, 64), 32),
            Self::Letters(most) if own => (visible(id, most), 32.min(most)),
            Self::Letters(most) => (id.len() <= most && id.chars().all(plain), 32.min(most)),
            Self::Nine => (id.len() == 9 && id.bytes().all(|b| b.is_ascii_alphanumeric()), 9),
        };
        if fits && !id.is_empty() { Cow::Borrowed(id) } else { Cow::Owned(made_of(id, length)) }
    }
}

fn visible(id: &str, most: usize) -> bool {
    id.len() <= most && id.bytes().all(|b| b.is_ascii_graphic())
}

/// `length` letters and digits that stand for `id`, at most 32.
fn made_of(id: &str, length: usize) -> String {
    const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let digest = Sha256::digest(id.as_bytes());
    let letters = digest.iter().map(|byte| LETTERS[usize::from(*byte) % LETTERS.len()] as char);
    letters.take(length).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_service_has_its_row() {
        for (name, row) in ROWS {
            assert_eq!(Quirks::of(name), *row);
        }
        assert_eq!(Quirks::of("a gateway"), CAUTIOUS);
    }

    #[rustfmt::skip]
    #[test]
    fn names_of_calls() {
        let long = "x".repeat(65);
        let table = [
            // form              own    name                 stays
            (Ids::Any,           false, "functions.read:0",  true),
            (Ids::Any,           false, long.as_str(),       false),
            (Ids::Any,           false, "a b",               false),
            (Ids::Any,           false, "",                  false),
            (Ids::Any,           false, "ä",                 false),
            (Ids::Letters(40),   false, "toolu_01-x",        true),
            (Ids::Letters(40),   false, "functions.read:0",  false),
            (Ids::Letters(40),   true,  "functions.read:0",  true),
            (Ids::Letters(40),   true,  &long[..41],         false),
            (Ids::Nine,          false, "D681PevKs",         true),
            (Ids::Nine,          true,  "call_1234",         false),
            (Ids::Nine,          false, "D681PevK",          false),
        ];
        for (form, own, id, stays) in table {
            let got = form.fit(id, own);
            assert_eq!(got == id, stays, "{form:?} {id:?} gave {got:?}");
            assert_eq!(got, form.fit(id, own), "{form:?} {id:?}");
            assert!(got.bytes().all(|b| b.is_ascii_graphic()) && !got.is_empty(), "{got:?}");
            if !stays && form == Ids::Nine {
                assert_eq!(got.len(), 9, "{got}");
                assert!(got.bytes().all(|b| b.is_ascii_alphanumeric()), "{got}");
            }
        }
        assert_ne!(Ids::Nine.fit("call_1", false), Ids::Nine.fit("call_2", false));
        assert_ne!(Ids::Letters(40).fit("c:1", false), Ids::Letters(40).fit("c_1", false));
    }

    #[rustfmt::skip]
    #[test]
    fn a_refusal_says_what_to_change() {
        let row = Quirks::of;
        let table = [
            ("openai",   "unsupported parameter: 'max_completion_tokens' is not supported with this model. use 'max_tokens' instead.",
                         Some(Quirks { limit: Limit::Tokens, ..row("openai") })),
            ("gateway",  "unsupported parameter: 'max_tokens' is not supported with this model. use 'max_completion_tokens' instead.",
                         Some(Quirks { limit: Limit::CompletionTokens, ..CAUTIOUS })),
            ("gateway",  "body.stream_options: extra inputs are not permitted",
                         Some(Quirks { usage: false, ..CAUTIOUS })),
            ("mistral",  "stream_options: extra inputs are not permitted", None),
            ("gateway",  "unrecognized request argument supplied: reasoning_effort",
                         Some(Quirks { steer: Steer::Never, ..CAUTIOUS })),
            ("openai",   "unsupported value: 'messages[0].role' does not support 'developer' with this model.",
                         Some(Quirks { instructions: "system", ..row("openai") })),
            ("gateway",  "thinking is enabled but reasoning_content is missing in assistant tool call message at index 2",
                         Some(Quirks { back: Back::Always(Field::Content), ..CAUTIOUS })),
            ("deepseek", "the reasoning_content in the thinking mode must be passed back to the api.", None),
            ("gateway",  "max_tokens is too large: 9", None),
            ("gateway",  "your request was bad", None),
        ];
        for (service, said, expected) in table {
            assert_eq!(row(service).mended(said), expected, "{service}: {said}");
        }
    }
}
