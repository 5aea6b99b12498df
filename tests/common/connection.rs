//! A connection that stays open: answers are delimited by their length, as for any client.

use super::{Reply, Server};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

/// A keep-alive connection to a server.
pub struct Connection(BufReader<TcpStream>);

/// Connect from another address of this machine, such as `127.0.0.2`.
pub fn connect_from(server: &Server, address: &str) -> TcpStream {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    let stream = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(format!("{address}:0").parse().unwrap()).unwrap();
        socket.connect(server.address().parse().unwrap()).await.unwrap()
    });
    let stream = stream.into_std().unwrap();
    stream.set_nonblocking(false).unwrap();
    stream
}

impl Connection {
    pub fn open(server: &Server) -> Self {
        Connection::over(TcpStream::connect(server.address()).unwrap())
    }

    /// Opens a connection from another address of this machine, such as `127.0.0.2`.
    pub fn open_from(server: &Server, address: &str) -> Self {
        Connection::over(connect_from(server, address))
    }

    /// Uses an existing connection.
    pub fn over(stream: TcpStream) -> Self {
        if stream.read_timeout().unwrap().is_none() {
            stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        }
        stream.set_nodelay(true).unwrap();
        Connection(BufReader::new(stream))
    }

    /// Sends raw bytes. The server may have closed already; its answer can still be read.
    pub fn write(&mut self, bytes: &[u8]) {
        let _ = self.0.get_mut().write_all(bytes);
    }

    /// Closes the sending side; answers can still be read.
    pub fn finish(&mut self) {
        self.0.get_mut().shutdown(Shutdown::Write).unwrap();
    }

    /// Reads the head of the next answer; `None` if the server has closed.
    pub fn read_head(&mut self) -> Option<Reply> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            match self.0.read_until(b'\n', &mut head) {
                Ok(0) => break,
                Ok(_) => {}
                // Closed before reading all our bytes.
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => break,
                Err(error) => panic!("{error}"),
            }
        }
        (!head.is_empty()).then(|| Reply::parse(&head))
    }

    /// Reads the next answer by its `Content-Length`; `None` if the server has closed.
    pub fn read(&mut self) -> Option<Reply> {
        let mut reply = self.read_head()?;
        if reply.status != 204 && reply.status != 304 {
            let length = reply.header("content-length").parse().expect("a length");
            reply.body = vec![0; length];
            self.0.read_exact(&mut reply.body).unwrap();
        }
        Some(reply)
    }

    /// Has an answer begun to arrive, or has the server closed?
    pub fn has_answer(&self) -> bool {
        let stream = self.0.get_ref();
        stream.set_nonblocking(true).unwrap();
        let peeked = stream.peek(&mut [0]);
        stream.set_nonblocking(false).unwrap();
        peeked.is_ok()
    }

    /// Posts a body to `/api` without waiting for the answer.
    pub fn send(&mut self, body: &[u8]) {
        self.write(&post(body));
    }

    /// Posts a body to `/api` on this connection. Returns the answer.
    pub fn post(&mut self, body: &[u8]) -> Reply {
        self.send(body);
        self.read().expect("an answer")
    }
}

/// A request that posts `body` to `/api` and leaves the connection open.
pub fn post(body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST /api HTTP/1.1\r\nHost: api.example.com\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}
