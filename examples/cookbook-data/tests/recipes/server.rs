//! Starts real servers of Debian's packages, each with a folder of its own and reachable by this test alone.

use std::fs::{self, File};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use containers::{Unavailable, find_or_install};
use process::LIMIT;

use crate::Folder;

/// No server takes longer to start. RabbitMQ took a minute on two processors that were busy with ten other programs.
const START: Duration = Duration::from_secs(300);

/// Waits until it is so.
#[track_caller]
pub(crate) fn until<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    within(LIMIT, what, look)
}

#[track_caller]
fn within<T>(limit: Duration, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(begin.elapsed() < limit, "not within {limit:?}: {what}");
        sleep(Duration::from_millis(10));
    }
}

/// A server that runs. Dropping it stops the server.
pub(crate) struct Server {
    child: Child,
    log: PathBuf,
    pub(crate) folder: Folder,
}

impl Server {
    /// Starts it, with everything that it prints in a file, and waits until something accepts a connection.
    fn start(command: &mut Command, folder: Folder, connect: impl Fn() -> std::io::Result<()>) -> Self {
        let log = folder.0.join("log");
        let file = File::create(&log).expect("the folder is ours");
        command.stdout(file.try_clone().expect("a second handle")).stderr(file);
        let child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let mut server = Self { child, log, folder };
        within(START, "the server accepts connections", || {
            let ended = server.child.try_wait().expect("it is ours");
            assert!(ended.is_none(), "the server has ended:\n{}", server.log());
            connect().ok()
        });
        server
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).expect("the log is text")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A PostgreSQL that is killed leaves shared memory behind. Not SIGINT, which a background job ignores.
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let begin = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) && begin.elapsed() < LIMIT {
            sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a program as a user who is not root, because PostgreSQL refuses root. The server ends with the test, also if the
/// test is killed.
fn unprivileged(program: &Path, user: &str) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "TERM"]);
    if fs::metadata("/proc/self").expect("Linux").uid() == 0 {
        command.args(["--reuid", user, "--regid", user, "--clear-groups"]);
    }
    command.arg(program);
    command
}

/// An empty folder in which every user may write.
fn open_folder(name: &str) -> Folder {
    let folder = Folder::make(name);
    fs::set_permissions(&folder.0, fs::Permissions::from_mode(0o777)).expect("the folder is ours");
    folder
}

/// Debian's programs, also for users whose `PATH` lacks those of the administrator.
fn program(package: &str, name: &str) -> Result<PathBuf, Unavailable> {
    let folders = ["/usr/bin", "/usr/sbin"];
    find_or_install(package, || {
        folders.map(|folder| Path::new(folder).join(name)).into_iter().find(|path| path.exists())
    })
}

/// A Redis that listens on a socket in its folder.
pub(crate) struct Redis(Server);

impl Redis {
    pub(crate) fn start() -> Result<Self, Unavailable> {
        let folder = open_folder("redis");
        let socket = folder.0.join("socket");
        let mut server = unprivileged(&program("redis-server", "redis-server")?, "redis");
        server.args(["--port", "0", "--unixsocketperm", "777", "--save", "", "--unixsocket"]).arg(&socket);
        server.arg("--dir").arg(&folder.0);
        Ok(Self(Server::start(&mut server, folder, || UnixStream::connect(&socket).map(drop))))
    }

    pub(crate) fn url(&self) -> String {
        format!("redis+unix://{}", self.0.folder.0.join("socket").display())
    }

    pub(crate) fn connect(&self) -> redis::Connection {
        redis::Client::open(self.url()).and_then(|client| client.get_connection()).expect("it accepts connections")
    }
}

/// Returns a port that is free, and that no program gets by chance: Linux gives ports from 32768 on to those that name none.
fn free_port() -> u16 {
    const FIRST: u16 = 20_000;
    const COUNT: u32 = 12_000;
    static NEXT: AtomicU32 = AtomicU32::new(0);
    // Tests of other processes begin elsewhere.
    let begin = std::process::id().wrapping_mul(97);
    let port = (0..COUNT).find_map(|_| {
        let offset = begin.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % COUNT;
        let port = FIRST + u16::try_from(offset).expect("less than the count");
        TcpListener::bind(("0.0.0.0", port)).is_ok().then_some(port)
    });
    port.expect("a free port")
}

/// A RabbitMQ that listens on a port of loopback, and the name server of its own that Erlang needs.
pub(crate) struct RabbitMq {
    broker: Server,
    port: u16,
    _names: Server,
}

impl RabbitMq {
    pub(crate) fn start() -> Result<Self, Unavailable> {
        // Debian's programs on the usual path run as another user, and write to that user's folders.
        let script = find_or_install("rabbitmq-server", || {
            let script = PathBuf::from("/usr/lib/rabbitmq/bin/rabbitmq-server");
            script.exists().then_some(script)
        })?;
        let connect = |port: u16| TcpStream::connect(("127.0.0.1", port)).map(drop);
        let (names_port, port) = (free_port(), free_port());
        let mut names = unprivileged(&program("erlang-base", "epmd")?, "rabbitmq");
        names.args(["-address", "127.0.0.1", "-port", &names_port.to_string()]);
        let names = Server::start(&mut names, open_folder("epmd"), || connect(names_port));

        let folder = open_folder("rabbitmq");
        let mut broker = unprivileged(&script, "rabbitmq");
        broker.current_dir(&folder.0).env("HOME", &folder.0).env("ERL_EPMD_PORT", names_port.to_string());
        broker.env("RABBITMQ_NODENAME", "test@localhost").env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1");
        broker.env("RABBITMQ_NODE_PORT", port.to_string()).env("RABBITMQ_DIST_PORT", free_port().to_string());
        // To stdout.
        broker.env("RABBITMQ_LOGS", "-");
        for (variable, name) in [
            ("RABBITMQ_CONFIG_FILE", "settings"),
            ("RABBITMQ_CONF_ENV_FILE", "variables"),
            ("RABBITMQ_ENABLED_PLUGINS_FILE", "plugins"),
            ("RABBITMQ_LOG_BASE", "logs"),
            ("RABBITMQ_MNESIA_BASE", "data"),
            ("RABBITMQ_PID_FILE", "pid"),
        ] {
            broker.env(variable, folder.0.join(name));
        }
        let broker = Server::start(&mut broker, folder, || connect(port));
        Ok(Self { broker, port, _names: names })
    }

    pub(crate) fn url(&self) -> String {
        format!("amqp://127.0.0.1:{}/%2f", self.port)
    }

    pub(crate) fn log(&self) -> String {
        self.broker.log()
    }
}

/// A Mosquitto that listens on a port of loopback. It logs how each connection ends.
pub(crate) struct Mosquitto {
    pub(crate) server: Server,
    pub(crate) port: u16,
}

impl Mosquitto {
    pub(crate) fn start() -> Result<Self, Unavailable> {
        let folder = open_folder("mosquitto");
        let port = free_port();
        let settings = folder.0.join("settings");
        let lines = format!("listener {port} 127.0.0.1\nallow_anonymous true\nlog_dest stderr\n");
        fs::write(&settings, lines).expect("the folder is ours");
        let mut server = unprivileged(&program("mosquitto", "mosquitto")?, "mosquitto");
        server.arg("-c").arg(settings);
        let server = Server::start(&mut server, folder, || TcpStream::connect(("127.0.0.1", port)).map(drop));
        Ok(Self { server, port })
    }
}

/// A PostgreSQL cluster that listens on a socket in its folder. It logs connections, and those that break.
pub(crate) struct Postgres(pub(crate) Server);

impl Postgres {
    pub(crate) fn start() -> Result<Self, Unavailable> {
        let programs = find_or_install("postgresql", || {
            let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
            versions
                .filter_map(|version| Some(version.ok()?.path().join("bin")))
                .find(|bin| bin.join("initdb").exists())
        })?;
        let folder = open_folder("postgres");
        let data = folder.0.join("data");
        let mut initdb = unprivileged(&programs.join("initdb"), "postgres");
        initdb.args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"]);
        let made = initdb.arg(&data).output().expect("setpriv of util-linux");
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let mut server = unprivileged(&programs.join("postgres"), "postgres");
        server.arg("-D").arg(&data).arg("-k").arg(&folder.0);
        // A connection that breaks without a transaction is a line of this level.
        for setting in ["listen_addresses=", "log_min_messages=debug1", "log_disconnections=on", "fsync=off"] {
            server.args(["-c", setting]);
        }
        let socket = folder.0.join(".s.PGSQL.5432");
        Ok(Self(Server::start(&mut server, folder, || UnixStream::connect(&socket).map(drop))))
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@localhost/postgres?host={}", self.0.folder.0.display())
    }
}
