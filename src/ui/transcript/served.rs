//! What the provider did by itself, a line each, and the sources that it names.

use serde_json::Value;

use crate::base::cap;

/// Most bytes that are shown of a query, a title or an address.
const LONGEST: usize = 200;

/// A block of the provider in a line.
pub(super) fn line(block: &Value) -> String {
    let text = |key| block.get(key).and_then(Value::as_str);
    let kind = text("type").unwrap_or_default();
    let Some(what) = kind.strip_suffix("_tool_result") else {
        let name = words(text("name").unwrap_or("a tool"));
        let asked = block.get("input").and_then(Value::as_object).into_iter().flatten();
        let asked = asked.filter_map(|(_, value)| value.as_str()).find(|it| !it.trim().is_empty());
        let asked = asked.map(|asked| format!(": {}", one_line(asked))).unwrap_or_default();
        return format!("· {name}, by the provider{asked}");
    };
    let what = words(if what == "mcp" { "tool" } else { what });
    let content = block.get("content");
    let found = content.and_then(Value::as_array).map(Vec::len);
    let failed = content.and_then(|it| it.get("error_code")).and_then(Value::as_str);
    let came = match (failed, found) {
        (Some(why), _) => format!("failed: {}", words(why)),
        _ if block.get("is_error").and_then(Value::as_bool) == Some(true) => "failed".to_owned(),
        (None, Some(1)) => "1 result".to_owned(),
        (None, Some(count)) => format!("{count} results"),
        (None, None) => "done".to_owned(),
    };
    format!("· {what}: {came}")
}

/// The sources of a message, each with its number.
#[derive(Debug, Default)]
pub(super) struct Sources(Vec<String>);

impl Sources {
    /// The lines of these citations: a source that was named before has its number already.
    pub(super) fn list(&mut self, all: &[Value]) -> Vec<String> {
        let mut lines = Vec::new();
        for citation in all {
            let source = source(citation);
            if !self.0.contains(&source) {
                lines.push(format!("[{}] {source}", self.0.len() + 1));
                self.0.push(source);
            }
        }
        lines
    }
}

fn source(citation: &Value) -> String {
    let text = |keys: &[&str]| {
        let found = keys.iter().find_map(|key| citation.get(*key)?.as_str());
        found.map(one_line).filter(|text| !text.is_empty())
    };
    let title = text(&["title", "document_title"]);
    match (title, text(&["url", "source"])) {
        (Some(title), Some(url)) => format!("{title} · {url}"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => "a source without a name".to_owned(),
    }
}

fn words(name: &str) -> String {
    one_line(&name.replace('_', " "))
}

fn one_line(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or_default();
    line[..cap::floor(line, LONGEST)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_line_says_what_was_done_and_what_came_of_it() {
        let table = [
            (
                json!({"type": "server_tool_use", "name": "web_search", "input": {"query": "rust\nb"}}),
                "· web search, by the provider: rust",
            ),
            (json!({"type": "mcp_tool_use", "input": 7}), "· a tool, by the provider"),
            (
                json!({"type": "web_search_tool_result", "content": [{}, {}]}),
                "· web search: 2 results",
            ),
            (
                json!({"type": "web_search_tool_result", "content": {"error_code": "max_uses_exceeded"}}),
                "· web search: failed: max uses exceeded",
            ),
            (
                json!({"type": "mcp_tool_result", "is_error": true, "content": [{}]}),
                "· tool: failed",
            ),
            (
                json!({"type": "code_execution_tool_result", "content": {"stdout": "x"}}),
                "· code execution: done",
            ),
            (json!(null), "· a tool, by the provider"),
        ];
        for (block, expected) in table {
            assert_eq!(line(&block), expected, "{block}");
        }
    }

    #[test]
    fn sources_keep_their_numbers() {
        let mut sources = Sources::default();
        let (a, b) =
            (json!({"url": "https://a.example", "title": "A"}), json!({"document_title": "B"}));
        let first = sources.list(&[a.clone(), b.clone(), a.clone()]);
        assert_eq!(first, ["[1] A · https://a.example", "[2] B"]);
        assert_eq!(sources.list(&[a, b, json!(7)]), ["[3] a source without a name"]);
    }
}
