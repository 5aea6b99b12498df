//! The address that is listened on.

use super::StartError;
use super::signals::Signals;
use crate::config::Config;
use crate::http::connection::io::UNSENT;
use listenfd::ListenFd;
use std::net::SocketAddr;

/// The listening socket and the signal handler. They are kept while the server opens its database again, so that
/// clients that connect meanwhile wait.
pub struct Listener {
    /// `None` while a server accepts from it: a second handle would keep the address open after the end.
    pub(super) socket: Option<std::net::TcpListener>,
    pub(super) address: SocketAddr,
    pub(super) signals: Signals,
    /// The address was announced.
    pub(super) is_announced: bool,
}

impl Listener {
    /// Mind signals and take the address.
    pub(super) fn open(config: &Config, signals: Signals) -> Result<Self, StartError> {
        let bind = || {
            // systemd may have opened it (sd_listen_fds(3)): a port below 1024, or one that clients wait at.
            let given = ListenFd::from_env().take_tcp_listener(0)?;
            let socket = given.map_or_else(|| std::net::TcpListener::bind(config.listen), Ok)?;
            socket.set_nonblocking(true)?;
            // Accepted connections have it from the listener. Elsewhere the system holds more.
            #[cfg(target_os = "linux")]
            socket2::SockRef::from(&socket).set_tcp_notsent_lowat(UNSENT)?;
            Ok((socket.local_addr()?, socket))
        };
        let (address, socket) = bind().map_err(|error| StartError::Listen(config.listen, error))?;
        Ok(Listener { socket: Some(socket), address, signals, is_announced: false })
    }
}
