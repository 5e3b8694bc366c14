//! One provider for all models: each request goes to the service that has its model.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;

use crate::provider::catalogue::Catalogue;
use crate::provider::learned::{self, Lesson};
use crate::provider::{Chunks, Provider, ProviderError, Request, Service};

/// Finds a service by its name. The error says what the user has to set.
type Find = dyn Fn(&str) -> Result<Service, ProviderError> + Send + Sync;

/// Every service, each opened when its first model is asked.
pub struct Router {
    find: Box<Find>,
    open: Mutex<HashMap<Arc<str>, Open>>,
    /// Where it is kept what refusals teach.
    learned: Option<PathBuf>,
}

/// A service that was asked: the way to it, and its address.
#[derive(Clone)]
struct Open {
    provider: Arc<dyn Provider>,
    address: Option<String>,
}

impl Router {
    /// Services by their names. `find` is asked again after an error: a key that was set meanwhile
    /// counts.
    pub fn new(
        find: impl Fn(&str) -> Result<Service, ProviderError> + Send + Sync + 'static,
    ) -> Self {
        Self { find: Box::new(find), open: Mutex::default(), learned: None }
    }

    /// Keeps in this file what refusals teach of the models.
    #[must_use]
    pub fn learning(mut self, file: PathBuf) -> Self {
        self.learned = Some(file);
        self
    }

    fn service(&self, name: &Arc<str>) -> Result<Open, ProviderError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(service) = open.get(name) {
            return Ok(service.clone());
        }
        let service = (self.find)(name)?;
        let address = service.base_url.clone();
        let service = Open { provider: service.open(), address };
        open.insert(name.clone(), service.clone());
        Ok(service)
    }
}

impl Provider for Router {
    fn name(&self) -> &'static str {
        "router"
    }

    fn stream(&self, request: Request) -> BoxFuture<'_, Result<Box<dyn Chunks>, ProviderError>> {
        Box::pin(async move {
            let service = self.service(&request.model.vendor)?;
            let model = request.model.clone();
            let answer = service.provider.stream(request).await;
            let lesson = answer.as_ref().err().and_then(|error| Lesson::of(error, &model));
            if let (Some(lesson), Some(file)) = (lesson, &self.learned) {
                tracing::debug!(?lesson, model = %model.id, "a refusal taught this");
                Catalogue::correct(lesson.over((*model).clone()));
                learned::keep(file.clone(), service.address.as_deref(), &model, lesson).await;
            }
            answer
        })
    }
}
