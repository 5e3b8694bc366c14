//! What is known where a command of a line stands: its variables and its directory (S8, S10).

use std::path::PathBuf;

use crate::policy::Policy;
use crate::shell::{Scope, Value};

/// What holds where a command stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Here {
    pub(super) scope: Scope,
    /// Every directory that it may run in.
    pub(super) cwds: Vec<PathBuf>,
    /// It runs in one of them; else nobody knows where.
    pub(super) sure: bool,
}

impl Here {
    pub(super) fn new(policy: &Policy, cwd: PathBuf) -> Self {
        let scope = Scope {
            vars: std::collections::HashMap::default(),
            home: policy.home.clone(),
            cwd: Some(cwd.clone()),
        };
        Self { scope, cwds: vec![cwd], sure: true }
    }

    /// Moves to one of `cwds`.
    pub(super) fn moved(&mut self, mut cwds: Vec<PathBuf>, sure: bool) {
        cwds.sort();
        cwds.dedup();
        // So many are as good as none known.
        self.sure = sure && cwds.len() <= 16;
        cwds.truncate(16);
        self.scope.cwd = cwds.first().filter(|_| self.sure && cwds.len() == 1).cloned();
        self.cwds = cwds;
    }

    pub(super) fn lost(&mut self) {
        self.moved(self.cwds.clone(), false);
    }

    /// What holds where either of two ways may have been taken.
    pub(super) fn merge(&mut self, other: &Self) {
        if *self == *other {
            return;
        }
        let known: Vec<String> =
            self.scope.vars.keys().chain(other.scope.vars.keys()).cloned().collect();
        for name in known {
            let (one, two) = (self.scope.vars.get(&name), other.scope.vars.get(&name));
            if one != two {
                // Where only one way binds it, the other leaves what the environment says.
                if one.is_some() && two.is_some() {
                    self.scope.vars.insert(name, Value::Dynamic);
                } else {
                    self.scope.vars.remove(&name);
                }
            }
        }
        let cwds = self.cwds.iter().chain(&other.cwds).cloned().collect();
        self.moved(cwds, self.sure && other.sure);
    }
}
