//! A socket that listens in the command's network, handed to claw, which has another one.

use std::io;
use std::io::IoSlice;
use std::mem::MaybeUninit;
use std::net::Ipv4Addr;
use std::net::TcpListener;
use std::os::fd::AsFd as _;
use std::os::fd::BorrowedFd;

use rustix::net::SendAncillaryBuffer;
use rustix::net::SendAncillaryMessage;
use rustix::net::SendFlags;

use crate::exec::network::PORT;

/// Listens on the loopback interface of this network namespace and hands that to `claw`, with an
/// empty line. Before the command starts, so that nothing else can take the place.
pub(super) fn listener(claw: BorrowedFd<'_>) -> io::Result<()> {
    super::loopback()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, PORT))?;
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut message = SendAncillaryBuffer::new(&mut space);
    let fds = [listener.as_fd()];
    if !message.push(SendAncillaryMessage::ScmRights(&fds)) {
        return Err(io::ErrorKind::OutOfMemory.into());
    }
    let line = [IoSlice::new(b"\n")];
    rustix::net::sendmsg(claw, &line, &mut message, SendFlags::NOSIGNAL)?;
    Ok(())
}
