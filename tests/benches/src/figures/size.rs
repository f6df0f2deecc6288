//! Measures what on-shutdown adds to the smallest tokio program and to an axum service: bytes, crates, and time of a cold
//! build. Measures other crates, too. Writes the programs, and builds them without the network in a folder of their own.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::row::Row;

const PLAIN: &str = r#"
#[tokio::main]
async fn main() {
    println!("hello");
}
"#;

const OURS: &str = r#"
#[on_shutdown::on_shutdown]
async fn goodbye() {
    println!("goodbye");
}

#[on_shutdown::main]
async fn main() {
    println!("hello");
}
"#;

const AXUM: &str = r#"
use axum::{Router, routing::get};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let app = Router::new().route("/", get(async || "hello"));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let mut terminate = signal(SignalKind::terminate())?;
    axum::serve(listener, app).with_graceful_shutdown(async move { drop(terminate.recv().await) }).await
}
"#;

const AXUM_OURS: &str = r#"
use axum::{Router, routing::get};
use tokio::net::TcpListener;

#[on_shutdown::on_shutdown]
async fn goodbye() {
    println!("goodbye");
}

#[on_shutdown::main]
async fn main() -> std::io::Result<()> {
    let app = Router::new().route("/", get(async || "hello"));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    on_shutdown::serve("server", |draining| axum::serve(listener, app).with_graceful_shutdown(draining)).await
}
"#;

const AXUM_GRACEFUL: &str = r#"
use std::{io, time::Duration};

use axum::{Router, routing::get};
use tokio::net::TcpListener;
use tokio_graceful_shutdown::{SubsystemBuilder, SubsystemHandle, Toplevel};

async fn server(subsystem: &mut SubsystemHandle) -> io::Result<()> {
    let app = Router::new().route("/", get(async || "hello"));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let token = subsystem.create_cancellation_token();
    axum::serve(listener, app).with_graceful_shutdown(async move { token.cancelled().await }).await
}

#[tokio::main]
async fn main() {
    let root = async |subsystem: &mut SubsystemHandle| {
        subsystem.start(SubsystemBuilder::new("server", server));
    };
    let ended = Toplevel::new(root).catch_signals().handle_shutdown_requests(Duration::from_secs(5)).await;
    ended.expect("the server ends in time");
}
"#;

/// In the place of the library that the measured programs share.
const CHILD: &str = r#"
mod benches {
    pub mod child {
        pub fn asked() -> ((), usize) {
            ((), 1)
        }
        pub fn hook() {
            println!("goodbye");
        }
        pub fn ready() {
            println!("hello");
        }
    }
}
"#;

/// The other crates: the name of the package, its features, and its program with one hook.
const PEERS: [(&str, &str, &str); 7] = [
    ("tokio-graceful-shutdown", "", include_str!("../bin/bench_tokio_graceful_shutdown.rs")),
    ("tokio-graceful", "", include_str!("../bin/bench_tokio_graceful.rs")),
    ("swansong", "", include_str!("../bin/bench_swansong.rs")),
    ("signal-mod", "", include_str!("../bin/bench_signal_mod.rs")),
    ("tokio-util", "\"rt\"", include_str!("../bin/bench_tokio_util.rs")),
    ("elegant-departure", "\"tokio\"", include_str!("../bin/bench_elegant_departure.rs")),
    ("async-shutdown", "", include_str!("../bin/bench_async_shutdown.rs")),
];

const TOKIO: &str = r#"tokio = { version = "1", features = ["macros", "rt-multi-thread"] }"#;
const TOKIO_SIGNAL: &str = r#"tokio = { version = "1", features = ["macros", "rt-multi-thread", "signal", "time"] }"#;
const AXUM_TOKIO: &str = r#"tokio = { version = "1", features = ["macros", "rt-multi-thread", "net", "signal"] }
axum = { version = "0.8", default-features = false, features = ["http1", "tokio"] }"#;

/// The folder of all programs.
struct Folder(PathBuf);

/// What a program weighs.
struct Weight {
    kib: f64,
    /// The packages that it compiles, without itself.
    crates: BTreeSet<String>,
}

/// A program in a folder of its own.
struct Program {
    name: String,
    folder: PathBuf,
    target: PathBuf,
}

impl Folder {
    fn write(&self, name: &str, code: &str, dependencies: &str) -> Result<Program, String> {
        let folder = self.0.join(name);
        let written = || {
            fs::create_dir_all(folder.join("src"))?;
            fs::write(folder.join("src/main.rs"), code)?;
            let manifest = format!(
                "[workspace]\n[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
                 [dependencies]\n{dependencies}\n[profile.release]\nstrip = true\n"
            );
            fs::write(folder.join("Cargo.toml"), manifest)?;
            // The versions of the workspace, which are here.
            let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock");
            fs::copy(lock, folder.join("Cargo.lock")).map(drop)
        };
        written().map_err(|error| format!("{name}: {error}"))?;
        Ok(Program { name: name.to_owned(), folder, target: self.0.join("target") })
    }

    /// Writes the program, builds it with what is built already, and weighs it.
    fn weigh(&self, name: &str, code: &str, dependencies: &str) -> Result<Weight, String> {
        let program = self.write(name, code, dependencies)?;
        program.cargo(&["build", "--release"])?;
        program.weight()
    }
}

impl Program {
    fn cargo(&self, words: &[&str]) -> Result<String, String> {
        let mut command = Command::new(env!("CARGO"));
        command.args(words).arg("--offline").current_dir(&self.folder).env("CARGO_TARGET_DIR", &self.target);
        let output = command.output().map_err(|error| format!("cargo: {error}"))?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(String::from_utf8_lossy(&output.stdout).into_owned()) } else { Err(said) }
    }

    /// Builds everything again. Returns the seconds.
    fn build_cold(self) -> Result<f64, String> {
        let cold = Self { target: self.folder.join("target"), ..self };
        let begun = Instant::now();
        cold.cargo(&["build", "--release"])?;
        Ok(begun.elapsed().as_secs_f64())
    }

    fn weight(&self) -> Result<Weight, String> {
        let file = self.target.join("release").join(&self.name);
        let bytes = fs::metadata(file).map_err(|error| error.to_string())?.len();
        let tree = self.cargo(&["tree", "--prefix", "none", "--edges", "normal,build"])?;
        let crates = tree.lines().filter_map(|line| line.split_whitespace().next());
        let crates = crates.filter(|name| *name != self.name).map(str::to_owned).collect();
        Ok(Weight { kib: bytes as f64 / 1024.0, crates })
    }
}

impl Weight {
    fn added_to(&self, plain: &Self) -> f64 {
        self.kib - plain.kib
    }

    fn crates_added_to<'a>(&'a self, plain: &'a Self) -> Vec<&'a str> {
        self.crates.difference(&plain.crates).map(String::as_str).collect()
    }

    fn text(&self) -> String {
        format!("{:.0} KiB", self.kib)
    }
}

pub fn measure() -> Result<Vec<Row>, String> {
    let root = std::env::temp_dir().join(format!("on-shutdown-benches-{}", std::process::id()));
    let rows = measure_in(&Folder(root.clone()));
    let _ = fs::remove_dir_all(root);
    rows
}

fn own_dependency() -> String {
    let runtime = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../runtime");
    format!("on-shutdown = {{ path = {runtime:?} }}\n")
}

fn measure_in(root: &Folder) -> Result<Vec<Row>, String> {
    let dependency = own_dependency();
    let plain = root.weigh("plain", PLAIN, TOKIO)?;
    let ours = root.weigh("ours", OURS, &format!("{TOKIO}\n{dependency}"))?;
    let more = ours.crates_added_to(&plain);
    let size = (ours.text(), format!("hello world on tokio: {}", plain.text()));
    let crates = (more.join(", "), format!("hello world on tokio: {}", plain.crates.len()));
    let mut rows = vec![
        Row::number("stripped binary, added", ours.added_to(&plain), "KiB", (&size.0, &size.1), Some(250.0)),
        Row::number("crates, added", more.len() as f64, "crates", (&crates.0, &crates.1), Some(9.0)),
    ];
    for (package, features, code) in PEERS {
        // The page of the program comes first in a file, where the module stands here.
        let code = format!("{CHILD}{}", code.replace("//!", "//"));
        let peer = format!("{TOKIO_SIGNAL}\n{package} = {{ version = \"*\", features = [{features}] }}\n");
        let peer = root.weigh(&format!("peer-{package}"), &code, &peer)?;
        rows.push(against(package, &ours, &peer, &plain));
    }
    rows.extend(service(root, &dependency)?);
    rows.push(cold_build(root, &dependency)?);
    Ok(rows)
}

/// Compares what two crates add to hello world.
fn against(package: &str, ours: &Weight, peer: &Weight, plain: &Weight) -> Row {
    let (own, theirs) = (ours.added_to(plain), peer.added_to(plain));
    let crates = peer.crates_added_to(plain).len();
    let text = (format!("{own:.0} KiB"), format!("{package}: {theirs:.0} KiB, {crates} crates"));
    let goal = (package == "tokio-graceful-shutdown").then_some(1.0);
    Row::number("stripped binary, added, for one hook", own / theirs, "×", (&text.0, &text.1), goal)
}

/// Weighs a service on axum, with and without.
fn service(root: &Folder, dependency: &str) -> Result<[Row; 2], String> {
    let by_hand = root.weigh("axum-by-hand", AXUM, AXUM_TOKIO)?;
    let ours = root.weigh("axum-ours", AXUM_OURS, &format!("{AXUM_TOKIO}\n{dependency}"))?;
    let graceful = format!("{AXUM_TOKIO}\ntokio-graceful-shutdown = \"*\"\n");
    let graceful = root.weigh("axum-graceful-shutdown", AXUM_GRACEFUL, &graceful)?;
    let added = (ours.added_to(&by_hand), graceful.added_to(&by_hand));
    let size = (ours.text(), format!("by hand: {}", by_hand.text()));
    let peer = (format!("{:.0} KiB", added.0), format!("tokio-graceful-shutdown: {:.0} KiB", added.1));
    Ok([
        Row::number("stripped axum service, added", added.0, "KiB", (&size.0, &size.1), Some(200.0)),
        Row::number("stripped axum service, added", added.0 / added.1, "×", (&peer.0, &peer.1), None),
    ])
}

fn cold_build(root: &Folder, dependency: &str) -> Result<Row, String> {
    let before = root.write("plain", PLAIN, TOKIO)?.build_cold()?;
    let after = root.write("ours", OURS, &format!("{TOKIO}\n{dependency}"))?.build_cold()?;
    let builds = (format!("{after:.1} s"), format!("hello world on tokio: {before:.1} s"));
    Ok(Row::number("cold release build, added", after - before, "s", (&builds.0, &builds.1), Some(4.0)))
}
