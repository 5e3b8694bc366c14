//! One provider for all models: each request goes to the service that has its model.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;

use crate::provider::{Chunks, Provider, ProviderError, Request, Service};

/// Finds a service by its name. The error says what the user has to set.
type Find = dyn Fn(&str) -> Result<Service, ProviderError> + Send + Sync;

/// Every service, each opened when its first model is asked.
pub struct Router {
    find: Box<Find>,
    open: Mutex<HashMap<Arc<str>, Arc<dyn Provider>>>,
}

impl Router {
    /// Services by their names. `find` is asked again after an error: a key that was set meanwhile
    /// counts.
    pub fn new(
        find: impl Fn(&str) -> Result<Service, ProviderError> + Send + Sync + 'static,
    ) -> Self {
        Self { find: Box::new(find), open: Mutex::default() }
    }

    fn service(&self, name: &Arc<str>) -> Result<Arc<dyn Provider>, ProviderError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(service) = open.get(name) {
            return Ok(service.clone());
        }
        let service = (self.find)(name)?.open();
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
            service.stream(request).await
        })
    }
}
