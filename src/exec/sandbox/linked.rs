//! The repository of a linked worktree, which lies outside of the worktree.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::path::PathBuf;

use serde::Deserialize;
use serde::Serialize;

/// Longer pointers are none, in bytes.
const LONGEST: u64 = 8 << 10;

/// Where git keeps what belongs to one linked worktree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Linked {
    /// The worktree's own part: its index and its `HEAD`.
    pub(super) own: PathBuf,
    /// The repository that it shares: objects and branches, hooks and settings.
    pub(super) common: PathBuf,
}

impl Linked {
    /// The repository of the worktree at `root`, a canonical directory; none where it is no linked
    /// worktree.
    ///
    /// A `.git` file can be forged, and would name somebody else's repository. So it counts only
    /// where that repository names this worktree in return (`worktrees/ID/gitdir`).
    pub(super) fn of(root: &Path) -> Option<Self> {
        let pointer = root.join(".git");
        if !pointer.symlink_metadata().ok()?.is_file() {
            return None;
        }
        let own = root.join(text(&pointer)?.strip_prefix("gitdir: ")?).canonicalize().ok()?;
        let common = own.join(text(&own.join("commondir"))?).canonicalize().ok()?;
        let back = own.join(text(&own.join("gitdir"))?).canonicalize().ok()?;
        let one_of_its_own = own.parent()? == common.join("worktrees");
        (one_of_its_own && back == pointer).then_some(Self { own, common })
    }

    /// What git changes for this worktree, as far as it is there.
    pub(super) fn writable(&self) -> impl Iterator<Item = PathBuf> {
        let shared = ["objects", "refs", "logs"].map(|name| self.common.join(name));
        // One that leads elsewhere is not theirs.
        let shared =
            shared.into_iter().filter(|path| path.canonicalize().is_ok_and(|real| real == *path));
        shared.chain([self.own.clone()])
    }
}

/// The one line of a pointer.
fn text(path: &Path) -> Option<String> {
    let mut text = String::new();
    fs::File::open(path).ok()?.take(LONGEST).read_to_string(&mut text).ok()?;
    let line = text.trim_end_matches(['\n', '\r']);
    (!line.is_empty()).then(|| line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A repository with a worktree beside it; the directory, the worktree.
    fn repository() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path().canonicalize().unwrap();
        let (own, tree) = (base.join("main/.git/worktrees/tree"), base.join("tree"));
        for made in [&own, &tree, &base.join("main/.git/objects"), &base.join("main/.git/refs")] {
            fs::create_dir_all(made).unwrap();
        }
        fs::write(own.join("commondir"), "../..\n").unwrap();
        fs::write(own.join("gitdir"), format!("{}\n", tree.join(".git").display())).unwrap();
        fs::write(tree.join(".git"), format!("gitdir: {}\n", own.display())).unwrap();
        (dir, tree)
    }

    #[test]
    fn a_worktree_has_the_repository_that_names_it() {
        let (_dir, tree) = repository();
        let git = tree.parent().unwrap().join("main/.git");
        let found = Linked::of(&tree).unwrap();
        assert_eq!((&found.common, &found.own), (&git, &git.join("worktrees/tree")));
        let writable: Vec<_> = found.writable().collect();
        assert_eq!(writable, [git.join("objects"), git.join("refs"), found.own.clone()]);
        // As newer gits write it.
        fs::write(found.own.join("gitdir"), "../../../../tree/.git\n").unwrap();
        fs::write(tree.join(".git"), "gitdir: ../main/.git/worktrees/tree\n").unwrap();
        assert_eq!(Linked::of(&tree), Some(found));
    }

    #[test]
    fn a_forged_pointer_grants_nothing() {
        let (_dir, tree) = repository();
        let base = tree.parent().unwrap();
        let forged = base.join("forged");
        fs::create_dir(&forged).unwrap();
        let pointers = [
            "gitdir: ../main/.git/worktrees/tree\n",
            "gitdir: ../main/.git\n",
            "gitdir: ../main/.git/worktrees\n",
            "gitdir: /\n",
            "gitdir: \n",
            "",
        ];
        for pointer in pointers {
            fs::write(forged.join(".git"), pointer).unwrap();
            assert_eq!(Linked::of(&forged), None, "{pointer:?}");
        }
        // Its own directory names it, but stands in no repository.
        let own = base.join("own");
        fs::create_dir(&own).unwrap();
        fs::write(own.join("commondir"), "../main/.git").unwrap();
        fs::write(own.join("gitdir"), forged.join(".git").display().to_string()).unwrap();
        fs::write(forged.join(".git"), format!("gitdir: {}", own.display())).unwrap();
        assert_eq!(Linked::of(&forged), None);
    }
}
