//! A connection that ends where nothing goes over it for too long.

use std::io;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;
use tokio::time::Instant;
use tokio::time::Sleep;

/// A stream with a limit for its silence in both directions together.
pub(super) struct Idle<S> {
    inner: S,
    limit: Duration,
    over: Pin<Box<Sleep>>,
}

impl<S> Idle<S> {
    pub(super) fn new(inner: S, limit: Duration) -> Self {
        Self { inner, limit, over: Box::pin(tokio::time::sleep(limit)) }
    }

    /// The answer of the stream; an error where it has none and the time is over.
    fn watched<T>(
        &mut self,
        cx: &mut Context<'_>,
        got: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if got.is_ready() {
            let until = Instant::now() + self.limit;
            self.over.as_mut().reset(until);
            return got;
        }
        self.over.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Idle<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let got = Pin::new(&mut self.inner).poll_read(cx, buf);
        self.watched(cx, got)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Idle<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let got = Pin::new(&mut self.inner).poll_write(cx, buf);
        self.watched(cx, got)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;
    use tokio::io::AsyncWriteExt as _;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn silence_ends_it_and_traffic_in_either_direction_keeps_it() {
        let (ours, mut theirs) = tokio::io::duplex(64);
        let mut ours = Idle::new(ours, Duration::from_secs(10));
        let mut byte = [0];
        for _ in 0..3 {
            tokio::time::advance(Duration::from_secs(9)).await;
            ours.write_all(b"x").await.unwrap();
            tokio::time::advance(Duration::from_secs(9)).await;
            theirs.write_all(b"y").await.unwrap();
            ours.read_exact(&mut byte).await.unwrap();
        }
        let start = Instant::now();
        let got = ours.read(&mut byte).await.unwrap_err();
        assert_eq!(got.kind(), io::ErrorKind::TimedOut);
        assert_eq!(start.elapsed().as_secs(), 10);
    }
}
