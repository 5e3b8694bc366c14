//! The syntax of a command line: what bash would run, piece by piece.

/// Commands one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct List {
    /// Each ended by `;`, `&` or a newline.
    pub items: Vec<Item>,
}

/// Pipelines joined by `&&` and `||`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// At least one; the link of the first is [`Link::First`].
    pub chain: Vec<(Link, Pipeline)>,
    /// It ended with `&`.
    pub background: bool,
}

/// What stands before a pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// Nothing.
    First,
    /// `&&`
    And,
    /// `||`
    Or,
}

/// Commands joined by `|`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pipeline {
    /// It begins with `!`.
    pub negated: bool,
    /// It begins with `time`.
    pub timed: bool,
    /// At least one.
    pub commands: Vec<Command>,
}

/// A command with its redirections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// What it is.
    pub kind: Kind,
    /// In the order in which they were written.
    pub redirects: Vec<Redirect>,
    /// A `|&` follows: the next command gets its errors too.
    pub errors: bool,
}

/// Every kind of command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A program, a builtin, a function, or assignments alone.
    Simple {
        /// `name=value` before the first word.
        assigns: Vec<Assign>,
        /// The program and its arguments; empty where there are assignments or redirections alone.
        words: Vec<Word>,
    },
    /// `( … )`
    Subshell(List),
    /// `{ …; }`
    Group(List),
    /// `if … then … elif … else … fi`
    If {
        /// Tests and what follows them.
        arms: Vec<(List, List)>,
        /// After `else`.
        other: Option<List>,
    },
    /// `while … do … done`, `until … do … done`
    Loop {
        /// It is `until`.
        until: bool,
        /// Before `do`.
        test: List,
        /// Up to `done`.
        body: List,
    },
    /// `for name in words; do … done`, `select …`
    For {
        /// It is `select`.
        select: bool,
        /// The variable.
        name: String,
        /// None where it is the positional parameters.
        words: Option<Vec<Word>>,
        /// Up to `done`.
        body: List,
    },
    /// `case word in … esac`
    Case {
        /// What is looked at.
        word: Word,
        /// In order.
        arms: Vec<Arm>,
    },
    /// `[[ … ]]`
    Test(Vec<Token>),
    /// `(( … ))`
    Arithmetic(Raw),
    /// `name() …`
    Function {
        /// Its name.
        name: String,
        /// A compound command.
        body: Box<Command>,
    },
}

/// One arm of a `case`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arm {
    /// Joined by `|`.
    pub patterns: Vec<Word>,
    /// What runs.
    pub body: List,
    /// `;;`, `;&` or `;;&`.
    pub end: &'static str,
}

/// A piece of `[[ … ]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// An operator.
    Op(String),
    /// An operand.
    Word(Word),
}

/// `name=value` or `name+=value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assign {
    /// The variable.
    pub name: String,
    /// It is `+=`.
    pub append: bool,
    /// What is assigned; may have no part.
    pub value: Word,
}

/// A redirection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// The number before it.
    pub fd: Option<u32>,
    /// What it does.
    pub op: Op,
    /// Where to, where from, or the text of a here-document.
    pub target: Word,
    /// The here-document's delimiter was quoted: its body is inert.
    pub quoted: bool,
}

/// What a redirection does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// `<`
    In,
    /// `>`
    Out,
    /// `>>`
    Append,
    /// `>|`
    Clobber,
    /// `<>`
    Both,
    /// `&>`
    All,
    /// `&>>`
    AllAppend,
    /// `<&`
    DupIn,
    /// `>&`
    DupOut,
    /// `<<`, `<<-` (its tabs are gone already)
    HereDoc,
    /// `<<<`
    HereString,
}

/// A word as it was spelled.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Word {
    /// Joined without anything between them.
    pub parts: Vec<Part>,
}

/// A piece of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Unquoted text; globs, braces and `~` have their meaning.
    Plain(String),
    /// A character behind a backslash.
    Escaped(char),
    /// `'…'`
    Single(String),
    /// `$'…'`, decoded.
    Ansi(String),
    /// `"…"`: plain, escaped and expanding parts.
    Double(Vec<Part>),
    /// `$name` or `${name}`, also `$?` and its kin.
    Param(String),
    /// `${…}` in any other form.
    Operator(Raw),
    /// `$(( … ))`
    Arithmetic(Raw),
    /// `$( … )` or backticks.
    Substitution(List),
    /// `<( … )`; with `true` `>( … )`
    Process(List, bool),
}

/// Text that is not taken apart, with the commands inside it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Raw {
    /// As it was written, without its brackets.
    pub text: String,
    /// The substitutions in it.
    pub inner: Vec<List>,
}

impl Word {
    /// A word without any quote or expansion.
    pub fn plain(text: impl Into<String>) -> Self {
        Self { parts: vec![Part::Plain(text.into())] }
    }

    /// The text, where it is one unquoted piece.
    pub fn as_plain(&self) -> Option<&str> {
        match &self.parts[..] {
            [Part::Plain(text)] => Some(text),
            _ => None,
        }
    }
}
