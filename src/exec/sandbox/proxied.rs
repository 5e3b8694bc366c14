//! A command with a proxy: its helper hands over the socket that the proxy listens on.

use std::io;
use std::io::IoSliceMut;
use std::io::Write as _;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;

use anyhow::Context as _;
use rustix::net::RecvAncillaryBuffer;
use rustix::net::RecvAncillaryMessage;
use rustix::net::RecvFlags;
use tokio::io::AsyncReadExt as _;
use tokio::io::Interest;
use tokio::net::UnixStream;

use crate::exec::network::HostPattern;
use crate::exec::network::Network;
use crate::exec::network::Serving;
use crate::exec::sandbox::linux;
use crate::exec::sandbox::spec::Order;
use crate::exec::sandbox::spec::Report;
use crate::exec::sandbox::spec::Spec;

/// Serves the proxy of a command whose helper is at the other end of `socket`; none where its
/// network has no proxy. Before reports are read: they come from the same socket, later.
pub(super) async fn serve(network: &Network, socket: &UnixStream) -> Option<Serving> {
    let Network::Hosts(hosts) = network else { return None };
    // Without one the helper says itself why it could not go on.
    let listener = handed(socket).await;
    Some(Serving::new(hosts.clone(), std::future::ready(listener)))
}

/// The socket that comes with the first byte.
async fn handed(socket: &UnixStream) -> io::Result<OwnedFd> {
    let received = socket.async_io(Interest::READABLE, || {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut message = RecvAncillaryBuffer::new(&mut space);
        let mut byte = [0];
        let mut into = [IoSliceMut::new(&mut byte)];
        rustix::net::recvmsg(socket, &mut into, &mut message, RecvFlags::CMSG_CLOEXEC)?;
        let fd = message.drain().find_map(|part| match part {
            RecvAncillaryMessage::ScmRights(mut fds) => fds.next(),
            _ => None,
        });
        Ok(fd)
    });
    received.await?.ok_or_else(|| io::ErrorKind::NotFound.into())
}

/// Runs what `spec` says beside this process, which must have one thread and serves the proxy for
/// `hosts` meanwhile. The last that was told of it.
pub(super) fn supervise(
    hosts: &[HostPattern],
    spec: &Spec,
    order: Order,
) -> anyhow::Result<Report> {
    let (helper, socket) = linux::beside(spec, order).context("starting the helper")?;
    let served = || -> io::Result<Vec<u8>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        socket.set_nonblocking(true)?;
        let told = runtime.block_on(async {
            let mut socket = UnixStream::from_std(socket)?;
            let listener = handed(&socket).await;
            let serving = Serving::new(hosts.to_vec(), std::future::ready(listener));
            let mut told = Vec::new();
            socket.read_to_end(&mut told).await?;
            for host in serving.refused() {
                // Said where the command complains, too; nobody has to listen.
                let _ = writeln!(io::stderr(), "claw: network: refused {host}");
            }
            Ok(told)
        });
        // A name that is still looked up is not waited for.
        runtime.shutdown_background();
        told
    };
    let told = served();
    // Where nobody serves it, its helper sees that by the closed socket, and ends.
    linux::wait_for(helper);
    let told = told.context("serving the command's proxy")?;
    let mut lines = told.rsplit(|byte| *byte == b'\n');
    let last = lines.find_map(|line| serde_json::from_slice(line).ok());
    last.context("the helper ended without a word")
}
