//! Parses the kernel's file `stat`: the state of a thread and its CPU time.

use std::time::Duration;

use super::proc_dir::ProcDir;

/// The kernel's `USER_HZ`, the unit of CPU time. It is 100 on every architecture that Rust supports.
const TICKS_PER_SECOND: u32 = 100;

/// The fields of the file `stat` that a description needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stat {
    pub(super) name: String,
    state: char,
    pub(super) parent: u32,
    user_ticks: u64,
    kernel_ticks: u64,
}

impl Stat {
    pub(super) fn of(dir: &ProcDir) -> Option<Self> {
        Self::parse(&dir.read_text("stat")?)
    }

    /// Parses the file. The name is in brackets and may itself contain brackets and blanks. Only numbers follow it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        // The last bracket ends the name, because only numbers follow.
        let (start, rest) = text.rsplit_once(')')?;
        let mut fields = rest.split_ascii_whitespace();
        Some(Self {
            name: start.split_once('(')?.1.to_owned(),
            state: fields.next()?.parse().ok()?,
            parent: fields.next()?.parse().ok()?,
            // Skip to field 14 of proc_pid_stat(5), `utime`.
            user_ticks: fields.nth(9)?.parse().ok()?,
            kernel_ticks: fields.next()?.parse().ok()?,
        })
    }

    pub(super) fn has_ended(&self) -> bool {
        matches!(self.state, 'Z' | 'X' | 'x')
    }

    /// Returns whether a signal or a debugger has stopped the thread.
    pub(super) fn is_stopped(&self) -> bool {
        matches!(self.state, 'T' | 't')
    }

    /// Returns whether no signal, except perhaps SIGKILL, can wake the thread.
    pub(super) fn is_uninterruptible(&self) -> bool {
        self.state == 'D'
    }

    pub(super) fn is_running(&self) -> bool {
        self.state == 'R'
    }

    /// Returns the CPU time of the thread, in the program and in the kernel.
    pub(super) fn cpu_time(&self) -> (Duration, Duration) {
        let time = |ticks: u64| Duration::from_secs(ticks) / TICKS_PER_SECOND;
        (time(self.user_ticks), time(self.kernel_ticks))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "10042 (a) b (c) D 10024 10024 9150 0 -1 4194304 101 0 0 0 193 20 0 0 20 0 1 0 95602 3133440\n";

    #[test]
    fn spec_3_23_a_name_may_hold_brackets_and_blanks() {
        let name = "a) b (c".to_owned();
        let expected = Stat { name, state: 'D', parent: 10024, user_ticks: 193, kernel_ticks: 20 };
        assert_eq!(Stat::parse(LINE), Some(expected));
    }

    #[test]
    fn spec_3_23_ticks_are_hundredths_of_a_second() {
        let expected = (Duration::from_millis(1930), Duration::from_millis(200));
        assert_eq!(Stat::parse(LINE).map(|stat| stat.cpu_time()), Some(expected));
    }

    #[test]
    fn spec_3_23_half_a_line_is_none() {
        for end in 0..LINE.find(" 20 0 0 20").unwrap_or_default() {
            assert_eq!(Stat::parse(LINE.get(..end).unwrap_or_default()), None, "cut at {end}");
        }
        assert_eq!(Stat::parse("1 (a) running 1 1 1"), None);
        assert_eq!(Stat::parse("no bracket at all"), None);
    }
}
