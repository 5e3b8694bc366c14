//! `--record` and `--replay`: what is said with models' servers, kept or taken from a file.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};

use crate::cli::args::Flags;
use crate::cli::setup::Place;
use crate::cli::{Wrong, tell};
use crate::protocol::ModelId;
use crate::provider::cassette::{Player, Recorder};
use crate::provider::{Cassette, Catalogue, Model, ProviderError, Service};
use crate::session::Summary;

/// What the flags want.
pub(super) enum Tape {
    /// The servers answer, and nothing is kept.
    None,
    /// A file that is yet to be made.
    Blank(PathBuf),
    /// What is said is kept.
    Records(Arc<Recorder>),
    /// What was kept answers.
    Plays(Arc<Player>),
}

impl Tape {
    /// # Errors
    ///
    /// Wrong usage where the recording cannot be played.
    pub(super) fn of(flags: &Flags) -> Result<Self, Wrong> {
        match (&flags.record, &flags.replay) {
            (_, Some(file)) => {
                let player = Player::open(file, flags.replay_speed.unwrap_or(1.0));
                Ok(Self::Plays(Arc::new(player.map_err(Wrong::Usage)?)))
            }
            (Some(file), None) => Ok(Self::Blank(file.clone())),
            (None, None) => Ok(Self::None),
        }
    }

    /// The model that somebody chose for this run; the recording did, unless a flag says otherwise.
    pub(super) fn chosen(
        &self,
        place: &Place,
        session: Option<&Summary>,
        flags: &Flags,
    ) -> Option<ModelId> {
        let recorded = self.player().filter(|_| flags.model.is_none());
        recorded.map(|it| it.model()).or_else(|| place.chosen(session, flags))
    }

    /// The demo's model is no server.
    pub(super) fn check_demo(&self) -> Result<()> {
        ensure!(
            matches!(self, Self::None),
            "this session is the demo's, which asks no server: leave --record and --replay out"
        );
        Ok(())
    }

    /// Does a recording answer?
    pub(super) fn plays(&self) -> bool {
        self.player().is_some()
    }

    /// These models with what a recording knows of them.
    pub(super) fn known(&self, all: Catalogue) -> Catalogue {
        match self.player() {
            Some(player) => player.known(all),
            None => all,
        }
    }

    /// From now on what is said is kept where that is wanted; `model` is the first to be asked.
    pub(super) fn begin(&mut self, model: &Model) -> Result<()> {
        if let Self::Blank(file) = self {
            let recorder = Recorder::create(file, model).context("--record")?;
            *self = Self::Records(Arc::new(recorder));
        }
        Ok(())
    }

    /// Says what could not be kept.
    pub(super) fn end(&self) {
        if let Self::Records(recorder) = self
            && let Some(trouble) = recorder.trouble()
        {
            tell(&trouble);
        }
    }

    /// What gives the services: the user's settings, by `find`, or the recording.
    pub(super) fn services<F>(
        &self,
        find: F,
    ) -> impl Fn(&str) -> Result<Service, ProviderError> + Send + Sync + use<F>
    where
        F: Fn(&str) -> Result<Service, ProviderError> + Send + Sync,
    {
        let player = self.player().cloned();
        let recorder = match self {
            Self::Records(recorder) => Some(recorder.clone()),
            _ => None,
        };
        move |name| match (&player, &recorder) {
            (Some(player), _) => player.service(name),
            (None, Some(recorder)) => {
                let cassette = Some(Cassette::Record(recorder.clone()));
                Ok(Service { cassette, ..find(name)? })
            }
            (None, None) => find(name),
        }
    }

    fn player(&self) -> Option<&Arc<Player>> {
        match self {
            Self::Plays(player) => Some(player),
            _ => None,
        }
    }
}
