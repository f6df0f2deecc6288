//! Runs a container with a real systemd as PID 1, which starts and stops a unit with a program.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::docker::{Kind, Owned, docker};
use crate::{Program, Unavailable, leftovers};

mod root;

/// No test waits longer for a condition.
const LIMIT: Duration = Duration::from_secs(60);

/// What systemd needs to be PID 1 of a container that is not privileged.
const FLAGS: [&str; 12] = [
    "--network=none",
    "--stop-signal=SIGRTMIN+3",
    "--cap-add=SYS_ADMIN",
    "--cap-add=NET_ADMIN",
    "--cap-add=SYS_PTRACE",
    "--cap-add=DAC_READ_SEARCH",
    "--security-opt=seccomp=unconfined",
    "--security-opt=apparmor=unconfined",
    "--env=container=docker",
    "--tmpfs=/run",
    "--tmpfs=/run/lock",
    "--tmpfs=/tmp",
];

/// Where a machine has version 1 of control groups, systemd's own hierarchy.
const CGROUP_1: &str = "/sys/fs/cgroup/systemd";

/// A container with systemd in it; removed when it is dropped.
pub struct Systemd(Owned);

impl Systemd {
    /// Boots one with these programs, each at `/usr/local/bin/name`.
    pub fn boot(programs: &[Program]) -> Result<Self, Unavailable> {
        let refused = |why: String| Unavailable::new("a container with systemd", why);
        let image = root::image()?;
        let systemd = Self(Owned::named(Kind::Container));
        let label = leftovers::label();
        let cgroups = match Path::new(CGROUP_1).exists() {
            true => ["--cgroupns=host".to_owned(), format!("--volume={CGROUP_1}:{CGROUP_1}:rw")],
            false => ["--cgroupns=private".to_owned(), "--volume=/sys/fs/cgroup:/sys/fs/cgroup:rw".to_owned()],
        };
        let words = ["create", "--name", systemd.name(), "--label", &label].into_iter().chain(FLAGS);
        docker(words.chain(cgroups.iter().map(String::as_str)).chain([image])).map_err(refused)?;
        for program in programs {
            let (file, place) = (program.build()?, format!("{}:/usr/local/bin/{}", systemd.name(), program.name));
            docker(["cp", &file.to_string_lossy(), &place]).map_err(refused)?;
        }
        docker(["start", systemd.name()]).map_err(refused)?;
        systemd.wait_for_boot().map_err(refused)?;
        Ok(systemd)
    }

    fn name(&self) -> &str {
        &self.0.name
    }

    fn wait_for_boot(&self) -> Result<(), String> {
        let until = Instant::now() + LIMIT;
        loop {
            let state = self.try_run("systemctl is-system-running");
            match state {
                Ok(state) if state == "running" => return Ok(()),
                _ if Instant::now() < until => thread::sleep(Duration::from_millis(100)),
                _ => {
                    let log = docker(["logs", "--tail=5", self.name()]).unwrap_or_default();
                    return Err(format!("it did not boot within {LIMIT:?}: {state:?}; {log}"));
                }
            }
        }
    }

    /// Runs a line of shell inside; its stdout, or what went wrong.
    pub fn try_run(&self, line: &str) -> Result<String, String> {
        docker(["exec", self.name(), "bash", "-c", line])
    }

    /// Runs a line of shell inside, which must succeed; its stdout.
    #[track_caller]
    pub fn run(&self, line: &str) -> String {
        self.try_run(line).unwrap_or_else(|why| panic!("{why}"))
    }

    /// From here on systemd logs every message that a service sends. In return its log is disturbed: the first lines of
    /// a service are attributed to PID 1, whose forked child wrote before.
    pub fn note_messages(&self) {
        self.run("systemctl log-level debug");
    }

    /// Installs a unit's text, and starts it. Returns when it is ready.
    #[track_caller]
    pub fn start(&self, unit: &str, text: &str) {
        // The shell reads the text as it is, up to this word.
        self.run(&format!("cat >/etc/systemd/system/{unit} <<'ENDOFUNIT'\n{text}\nENDOFUNIT\nsystemctl daemon-reload"));
        // Without this dependency, systemd would forget how the unit ended.
        self.run(&format!("systemctl add-wants multi-user.target {unit}"));
        self.run(&format!("systemctl start {unit}"));
        assert_eq!(self.show(unit, "ActiveState"), "active");
    }

    /// A property of a unit.
    #[track_caller]
    pub fn show(&self, unit: &str, property: &str) -> String {
        self.run(&format!("systemctl show --property={property} --value {unit}"))
    }

    /// Waits until a property of a unit is as wanted; answers with it.
    #[track_caller]
    pub fn wait_for(&self, unit: &str, property: &str, wanted: impl Fn(&str) -> bool) -> String {
        let until = Instant::now() + LIMIT;
        loop {
            let value = self.show(unit, property);
            if wanted(&value) {
                return value;
            }
            assert!(Instant::now() < until, "{property} is `{value}`\n{}", self.journal(unit).join("\n"));
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// What a unit's program has written, from its first line on; it has the unit's name.
    #[track_caller]
    pub fn journal(&self, unit: &str) -> Vec<String> {
        let program = unit.trim_end_matches(".service");
        self.lines(&format!("journalctl --output=cat --no-pager --identifier={program}"))
    }

    /// What a person sees of a unit: `journalctl -u`.
    #[track_caller]
    pub fn log(&self, unit: &str) -> Vec<String> {
        self.lines(&format!("journalctl --output=cat --no-pager --unit={unit}"))
    }

    /// Returns what systemd itself logged about a unit.
    #[track_caller]
    pub fn notes(&self, unit: &str) -> Vec<String> {
        self.lines(&format!("journalctl --output=cat --no-pager _PID=1 UNIT={unit}"))
    }

    /// The messages that a unit has sent: `STOPPING=1` and the like.
    #[track_caller]
    pub fn messages(&self, unit: &str) -> Vec<String> {
        let inside = |line: &String| {
            let (_, rest) = line.split_once("Got notification message from PID")?;
            let (_, states) = rest.split_once('(')?;
            states.strip_suffix(')').map(str::to_owned)
        };
        self.notes(unit).iter().filter_map(inside).collect()
    }

    fn lines(&self, journalctl: &str) -> Vec<String> {
        self.run("journalctl --sync");
        self.run(journalctl).lines().map(str::to_owned).collect()
    }
}
