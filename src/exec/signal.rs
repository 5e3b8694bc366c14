//! Signals that end a run.

use std::io;

use tokio::sync::mpsc;

/// A signal that asks the process to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Ctrl+C.
    Interrupt,
    /// A request to end, from another process.
    Terminate,
}

/// From now on the signals that ask this process to end come here, and no longer end it.
///
/// # Errors
///
/// Where the system does not let signals be caught.
#[cfg(unix)]
pub fn signals() -> io::Result<mpsc::Receiver<Signal>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let (send, receive) = mpsc::channel(4);
    tokio::spawn(async move {
        loop {
            let came = tokio::select! {
                Some(()) = interrupt.recv() => Signal::Interrupt,
                Some(()) = terminate.recv() => Signal::Terminate,
                () = send.closed() => return,
            };
            // A fifth signal before the first is seen says nothing new.
            let _ = send.try_send(came);
        }
    });
    Ok(receive)
}

/// From now on Ctrl+C comes here, and no longer ends this process.
///
/// # Errors
///
/// Where the system does not let it be caught.
#[cfg(not(unix))]
pub fn signals() -> io::Result<mpsc::Receiver<Signal>> {
    let (send, receive) = mpsc::channel(4);
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() && !send.is_closed() {
            let _ = send.try_send(Signal::Interrupt);
        }
    });
    Ok(receive)
}
