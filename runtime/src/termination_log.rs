//! Beside the road: the report of an end that was not clean in, one line in Kubernetes' termination log out.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use nix::libc::{O_NOFOLLOW, O_NONBLOCK};

use crate::report::{Outcome, Report};

/// What `kubectl describe pod` shows as the message of a container that ended.
const PATH: &str = "/dev/termination-log";

/// Kubernetes keeps 4 KiB of the file.
const MOST: usize = 8;

/// Only where the file exists, is no link and does not block; whatever goes wrong, the end goes on.
pub(crate) fn write(report: &Report) {
    write_to(Path::new(PATH), report);
}

fn write_to(path: &Path, report: &Report) {
    let code = report.exit_code;
    let culprits = report.hooks.iter().filter(|hook| hook.outcome != Outcome::Completed);
    let named =
        culprits.take(MOST).map(|hook| format!("; {} {} ({}:{})", hook.name, hook.outcome, hook.file, hook.line));
    let text = format!("exit code {code}: {}{}\n", report.headline(), named.collect::<String>());
    let file = OpenOptions::new().append(true).custom_flags(O_NOFOLLOW | O_NONBLOCK).open(path);
    let _ = file.and_then(|mut file| file.write_all(text.as_bytes()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn report() -> Report {
        Report { exit_code: 70, ..sample::report(&[Outcome::Failed("disk full".to_owned())]) }
    }

    fn folder() -> std::path::PathBuf {
        let folder = std::env::temp_dir().join(format!("on-shutdown-log-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn spec_3_24_one_line_names_the_culprit() {
        let path = folder().join("log");
        std::fs::write(&path, "").unwrap();
        write_to(&path, &report());
        let expected = "exit code 70: main returned; 1 failed in 1 s of 8 s; \
                        flush_orders failed: disk full (src/orders.rs:42)\n";
        assert_eq!(std::fs::read_to_string(&path).unwrap(), expected);
    }

    #[test]
    fn spec_3_24_no_file_is_made_and_no_link_followed() {
        let (target, link, absent) = (folder().join("target"), folder().join("link"), folder().join("absent"));
        std::fs::write(&target, "kept").unwrap();
        let _ = std::os::unix::fs::symlink(&target, &link);
        write_to(&link, &report());
        write_to(&absent, &report());
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "kept");
        assert!(!absent.exists());
    }
}
