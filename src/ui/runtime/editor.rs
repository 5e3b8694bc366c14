//! The user's editor on a file: it has the terminal until it ends.

use std::path::Path;

use anyhow::Result;

use crate::exec::{self, Command};
use crate::ui::msg::Loaded;
use crate::ui::runtime::{Desk, Screen};

/// Editors that wait for no terminal, and how they are told a line.
const WINDOWED: &[&str] = &["code", "code-insiders", "codium", "cursor", "windsurf", "zed", "subl"];

/// The program and its arguments: `editor` is what the user set, with arguments of its own.
fn words(editor: &str, path: &Path, line: usize) -> Vec<String> {
    let mut words: Vec<String> = editor.split_whitespace().map(str::to_owned).collect();
    let name = words.first().map(|word| word.rsplit('/').next().unwrap_or_default().to_owned());
    let name = name.unwrap_or_default();
    let path = path.display().to_string();
    match name.as_str() {
        "code" | "code-insiders" | "codium" | "cursor" | "windsurf" => {
            words.extend(["--goto".to_owned(), format!("{path}:{line}")]);
        }
        "zed" | "subl" | "hx" | "helix" => words.push(format!("{path}:{line}")),
        _ => words.extend([format!("+{line}"), path]),
    }
    words
}

/// Opens a file. What the user has to know of it, where that is something.
///
/// # Errors
///
/// Fails where the terminal is gone.
pub(super) fn open(
    screen: &mut Screen,
    desk: &Desk,
    path: &Path,
    line: usize,
) -> Result<Option<Loaded>> {
    if !path.is_file() {
        return Ok(Some(Loaded::Failed(format!("there is no file {}", path.display()))));
    }
    let words = words(&desk.editor, path, line);
    let Some((program, args)) = words.split_first() else { return Ok(None) };
    let cwd = path.parent().unwrap_or(Path::new("/"));
    let command = Command::new(program, cwd).args(args);
    let command = desk.env.iter().fold(command, |command, (name, value)| command.env(name, value));
    let windowed = WINDOWED.iter().any(|name| program.ends_with(name));
    let ended = if windowed {
        exec::foreground(&command, &desk.audit)
    } else {
        // Nobody else may read the keys that are meant for the editor.
        let _held = screen.input.hold();
        screen.tty.lend(|| exec::foreground(&command, &desk.audit))?
    };
    Ok(match ended {
        Ok(status) if status.success() => None,
        Ok(status) => Some(Loaded::Failed(format!("{program}: {status}"))),
        Err(error) => Some(Loaded::Failed(format!("{error}; set EDITOR to another one"))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_editor_is_told_the_line_in_its_own_way() {
        let table = [
            ("vi", "vi +7 /w/a.rs"),
            ("/usr/bin/nvim -p", "/usr/bin/nvim -p +7 /w/a.rs"),
            ("code --wait", "code --wait --goto /w/a.rs:7"),
            ("hx", "hx /w/a.rs:7"),
        ];
        for (editor, want) in table {
            assert_eq!(words(editor, Path::new("/w/a.rs"), 7).join(" "), want, "{editor}");
        }
    }
}
