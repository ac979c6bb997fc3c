//! A proxy before a server, of a test's own: counts round trips, delays, and cuts the connection at a chosen message.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use sqlx::mysql::MySqlConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use crate::clients::Database;

/// A listener before a database's server; it is gone with its value.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    server: Server,
    delay: Duration,
    /// The message at which connections are cut; the highest number is none.
    cut: AtomicUsize,
    ended: AtomicBool,
    last: Mutex<Arc<Counts>>,
}

/// Where the server is, which says how its messages are framed.
#[derive(Debug)]
enum Server {
    /// The folder of the socket, or the host; and the port.
    Postgres(PathBuf, u16),
    /// The socket.
    Mysql(PathBuf),
}

/// What passed on a connection.
#[derive(Debug, Default)]
struct Counts {
    turns: AtomicUsize,
    messages: AtomicUsize,
    /// Whether the client was the last to speak.
    client_spoke: AtomicBool,
}

impl Proxy {
    /// Listens; each message is on its way for as long as `delay`, in either direction.
    ///
    /// # Errors
    ///
    /// When the system gives no port.
    ///
    /// # Panics
    ///
    /// On a database without a server.
    pub fn before(database: &Database, delay: Duration) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared {
            server: Server::of(database),
            delay,
            cut: AtomicUsize::new(usize::MAX),
            ended: AtomicBool::new(false),
            last: Mutex::default(),
        });
        let own = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if own.ended.load(Ordering::SeqCst) {
                    return;
                }
                // Without a server the client sees the end.
                let _ = own.serve(Wire::Tcp(client));
            }
        });
        Ok(Self { port, shared })
    }

    /// Cuts the next connections at a message, counted from 0 over both directions in the order in which they come: those
    /// before it arrive, it does not, and both sides see the end.
    pub fn cut_at(&self, message: usize) {
        self.shared.cut.store(message, Ordering::SeqCst);
    }

    /// Returns how to connect through it.
    ///
    /// # Panics
    ///
    /// On another database than PostgreSQL.
    #[must_use]
    pub fn options(&self, database: &Database) -> PgConnectOptions {
        let options = database.postgres_options().host("127.0.0.1").port(self.port);
        options.ssl_mode(PgSslMode::Disable)
    }

    /// Returns how to connect through it.
    ///
    /// # Panics
    ///
    /// On another database than MySQL.
    #[must_use]
    pub fn mysql_options(&self, database: &Database) -> MySqlConnectOptions {
        database.mysql_options_at(self.port)
    }

    /// Returns how often the client of the last connection spoke after the server had.
    #[must_use]
    pub fn round_trips(&self) -> usize {
        self.shared.last().turns.load(Ordering::SeqCst)
    }

    /// Returns how many messages passed on the last connection, both ways.
    #[must_use]
    pub fn messages(&self) -> usize {
        self.shared.last().messages.load(Ordering::SeqCst)
    }

    /// Returns the port that it listens on.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        // Wakes the listener.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

/// Bytes that are whole messages of one side, and when they leave the proxy.
type Batch = (Instant, Vec<u8>);

impl Shared {
    fn last(&self) -> Arc<Counts> {
        Arc::clone(&self.last.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn serve(self: &Arc<Self>, client: Wire) -> io::Result<()> {
        let server = self.server.connect()?;
        let counts: Arc<Counts> = Arc::default();
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&counts);
        for (from, to, is_client) in [(&client, &server, true), (&server, &client, false)] {
            let (hand_on, batches) = channel();
            let (reads, from_too) = (from.other()?, from.other()?);
            let (writes, shared, counts) = (to.other()?, Arc::clone(self), Arc::clone(&counts));
            thread::spawn(move || shared.read(reads, is_client, &counts, &hand_on));
            thread::spawn(move || write(writes, &batches, &from_too));
        }
        Ok(())
    }

    /// Reads whole messages and hands them on, until the end, or until the connection is cut.
    fn read(&self, mut reads: Wire, is_client: bool, counts: &Counts, hand_on: &Sender<Batch>) {
        let (mut bytes, mut chunk) = (Vec::new(), vec![0; 65536]);
        // The first message of PostgreSQL's client has no letter before its length.
        let mut letter = usize::from(!is_client);
        while let Ok(count @ 1..) = reads.read(&mut chunk) {
            bytes.extend_from_slice(&chunk[..count]);
            let mut passed = 0;
            while let Some(length) = self.server.message(&bytes[passed..], letter) {
                if counts.messages.fetch_add(1, Ordering::SeqCst) >= self.cut.load(Ordering::SeqCst)
                {
                    bytes.truncate(passed);
                    let _ = hand_on.send((Instant::now(), bytes));
                    return;
                }
                (letter, passed) = (1, passed + length);
            }
            if passed > 0 {
                let goes_on = counts.client_spoke.swap(is_client, Ordering::SeqCst);
                counts.turns.fetch_add(usize::from(is_client && !goes_on), Ordering::SeqCst);
                let rest = bytes.split_off(passed);
                let batch = std::mem::replace(&mut bytes, rest);
                let _ = hand_on.send((Instant::now() + self.delay, batch));
            }
        }
    }
}

impl Server {
    fn of(database: &Database) -> Self {
        match database {
            Database::Mysql { .. } => Self::Mysql(database.rows("SELECT @@socket").concat().into()),
            _ => {
                let (place, port) = database.server();
                Self::Postgres(place, port)
            }
        }
    }

    fn connect(&self) -> io::Result<Wire> {
        Ok(match self {
            Self::Postgres(place, port) if place.is_absolute() => {
                Wire::Unix(UnixStream::connect(place.join(format!(".s.PGSQL.{port}")))?)
            }
            Self::Postgres(host, port) => {
                Wire::Tcp(TcpStream::connect((host.to_string_lossy().as_ref(), *port))?)
            }
            Self::Mysql(socket) => Wire::Unix(UnixStream::connect(socket)?),
        })
    }

    /// Returns the length of the message that bytes begin with, once they are all there: PostgreSQL's length counts itself and
    /// stands behind a `letter`; MySQL's is of three bytes, the lowest first, and a number follows it.
    fn message(&self, bytes: &[u8], letter: usize) -> Option<usize> {
        let length = match self {
            Self::Postgres(..) => {
                let length = bytes.get(letter..letter + 4)?.try_into().map(u32::from_be_bytes);
                letter + usize::try_from(length.ok()?).ok()?
            }
            Self::Mysql(_) => {
                let [low, middle, high] = bytes.get(..3)?.try_into().ok()?;
                4 + usize::try_from(u32::from_le_bytes([low, middle, high, 0])).ok()?
            }
        };
        (bytes.len() >= length).then_some(length)
    }
}

/// Writes what is handed on, each at its time; then both sides see the end.
fn write(mut writes: Wire, batches: &Receiver<Batch>, from: &Wire) {
    for (time, bytes) in batches {
        thread::sleep(time.saturating_duration_since(Instant::now()));
        if writes.write_all(&bytes).is_err() {
            break;
        }
    }
    writes.end();
    from.end();
}

enum Wire {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Wire {
    fn other(&self) -> io::Result<Self> {
        Ok(match self {
            Self::Tcp(stream) => {
                // A pause for more to send would be a delay that nobody asked for.
                stream.set_nodelay(true)?;
                Self::Tcp(stream.try_clone()?)
            }
            Self::Unix(stream) => Self::Unix(stream.try_clone()?),
        })
    }

    fn end(&self) {
        let _ = match self {
            Self::Tcp(stream) => stream.shutdown(Shutdown::Both),
            Self::Unix(stream) => stream.shutdown(Shutdown::Both),
        };
    }
}

impl Read for Wire {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(bytes),
            Self::Unix(stream) => stream.read(bytes),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write(bytes),
            Self::Unix(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
