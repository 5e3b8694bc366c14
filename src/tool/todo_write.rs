//! `todo_write`: the plan, for the user to see.

use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::protocol::Access;
use crate::protocol::PlanStep;
use crate::protocol::StepState;
use crate::protocol::ToolKind;
use crate::protocol::ToolSpec;
use crate::tool::Context;
use crate::tool::Invocation;
use crate::tool::Output;
use crate::tool::Tool;
use crate::tool::ToolError;
use crate::tool::input;
use crate::tool::schema;
use crate::workspace::Workspace;

/// Steps of a plan, and characters of a step, at most.
const MOST: (usize, usize) = (100, 500);

// More than that may be said: models that learned it elsewhere explain themselves beside the list.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Input {
    /// All steps, in order.
    #[serde(alias = "plan", alias = "items", alias = "steps")]
    todos: Vec<Todo>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Todo {
    /// What is to be done, short.
    #[serde(alias = "step", alias = "text", alias = "title", alias = "description")]
    content: String,
    /// How far it is.
    status: Status,
    /// The same while it is done; shown in its place then.
    #[serde(default, rename = "activeForm", alias = "active_form")]
    active_form: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Status {
    #[serde(alias = "todo", alias = "open")]
    Pending,
    #[serde(alias = "doing", alias = "active", alias = "in-progress")]
    InProgress,
    #[serde(alias = "done")]
    Completed,
}

/// Writes the plan down.
pub(super) struct TodoWrite(ToolSpec);

impl TodoWrite {
    pub(super) fn new() -> Self {
        Self(schema::spec::<Input>("todo_write", include_str!("../../assets/tools/todo_write.md")))
    }
}

impl Tool for TodoWrite {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    fn prepare(&self, input: Value, _: &Workspace) -> Result<Box<dyn Invocation>, ToolError> {
        let Input { todos } = input::parse(&self.0, &input)?;
        let wrong = |what: String| ToolError::Input(format!("todo_write: {what}."));
        if todos.len() > MOST.0 {
            return Err(wrong(format!("{} steps are too many: most is {}", todos.len(), MOST.0)));
        }
        let mut steps = Vec::with_capacity(todos.len());
        for Todo { content, status, active_form } in todos {
            let doing = active_form.filter(|form| !form.trim().is_empty());
            let (text, state) = match status {
                Status::Pending => (content, StepState::Pending),
                Status::InProgress => (doing.unwrap_or(content), StepState::InProgress),
                Status::Completed => (content, StepState::Completed),
            };
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            if text.is_empty() || text.chars().count() > MOST.1 {
                let most = MOST.1;
                return Err(wrong(format!("each `content` has 1 to {most} characters")));
            }
            steps.push(PlanStep { text, state });
        }
        Ok(Box::new(Planning(steps)))
    }
}

struct Planning(Vec<PlanStep>);

impl Planning {
    fn done(&self) -> usize {
        self.0.iter().filter(|step| step.state == StepState::Completed).count()
    }
}

impl Invocation for Planning {
    fn verb(&self) -> &'static str {
        "Plan"
    }

    fn title(&self) -> String {
        let current = self.0.iter().find(|step| step.state == StepState::InProgress);
        match (current, self.0.len()) {
            (Some(step), _) => step.text.clone(),
            (None, 0) => "cleared".to_owned(),
            (None, 1) => "1 step".to_owned(),
            (None, all) => format!("{all} steps"),
        }
    }

    fn kind(&self) -> ToolKind {
        ToolKind::Other
    }

    fn access(&self) -> Vec<Access> {
        Vec::new()
    }

    fn run(self: Box<Self>, _: Context) -> BoxFuture<'static, Result<Output, ToolError>> {
        Box::pin(async move {
            let (done, all) = (self.done(), self.0.len());
            let text = format!("The plan is written down: {done} of {all} done.");
            let summary = format!("{done} of {all}");
            Ok(Output { text, summary, plan: Some(self.0), ..Output::default() })
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::tool::tests::Bench;

    #[tokio::test]
    async fn the_plan_is_taken_as_it_is_said() {
        let bench = Bench::new();
        let todos = json!({"todos": [
            {"content": "read it", "status": "completed", "activeForm": "reading it"},
            {"content": " fix \n it", "status": "in_progress", "activeForm": "fixing it"},
            {"content": "test it", "status": "pending"},
        ]});
        let call = bench.prepare("todo_write", todos.clone()).unwrap();
        assert_eq!(
            (call.verb(), call.title().as_str(), call.access().len()),
            ("Plan", "fixing it", 0)
        );
        let got = bench.call("todo_write", todos).await.unwrap();
        let step = |text: &str, state| PlanStep { text: text.to_owned(), state };
        let expected = vec![
            step("read it", StepState::Completed),
            step("fixing it", StepState::InProgress),
            step("test it", StepState::Pending),
        ];
        assert_eq!((got.plan, got.summary.as_str()), (Some(expected), "1 of 3"));

        // As other harnesses say it.
        let other = json!({"explanation": "x", "plan": [{"step": "a", "status": "done"}]});
        let got = bench.call("update_plan", other).await.unwrap();
        assert_eq!(got.plan, Some(vec![step("a", StepState::Completed)]));
        let none = bench.call("todo_write", json!({"todos": []})).await.unwrap();
        assert_eq!(none.plan, Some(vec![]));
    }

    #[tokio::test]
    async fn what_is_no_plan_is_refused_in_words() {
        let bench = Bench::new();
        let many: Vec<_> = (0..=MOST.0)
            .map(|at| json!({"content": at.to_string(), "status": "pending"}))
            .collect();
        let table = [
            (json!({"todos": many}), "todo_write: 101 steps are too many: most is 100."),
            (
                json!({"todos": [{"content": " ", "status": "pending"}]}),
                "todo_write: each `content` has 1 to 500 characters.",
            ),
            (json!({}), "todo_write: missing field `todos`."),
            (json!({"todos": [{"content": "a", "status": "soon"}]}), "todo_write: `todos`: "),
        ];
        for (input, expected) in table {
            let got = bench.call("todo_write", input).await.unwrap_err().to_string();
            assert!(got.starts_with(expected), "{got}");
        }
    }
}
