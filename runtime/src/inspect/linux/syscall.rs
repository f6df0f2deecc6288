//! Parses the kernel's file `/proc/self/task/<thread>/syscall`.

use nix::libc::c_long;

/// The state of a thread, as the file `syscall` reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ThreadState {
    /// The thread runs, or is ready to run.
    Running,
    /// The thread is blocked outside a system call, for example in a page fault.
    OutsideSyscall,
    /// The thread is blocked in a system call.
    InSyscall(Syscall),
}

/// A system call, with the number and the arguments that the kernel received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Syscall {
    pub(super) number: c_long,
    arguments: [u64; 6],
}

impl Syscall {
    /// Returns the argument as the kernel's `unsigned long`: an address or a length.
    pub(super) fn unsigned_long(&self, index: usize) -> u64 {
        self.arguments.get(index).copied().unwrap_or_default()
    }

    /// Returns the argument as the kernel's `int`. The upper half of the register may contain anything.
    pub(super) fn int(&self, index: usize) -> i32 {
        // The casts keep the lower half, as the kernel does.
        self.unsigned_long(index) as u32 as i32
    }
}

/// Parses the line. Returns `None` if the line has none of the three forms.
pub(super) fn parse_state(line: &str) -> Option<ThreadState> {
    // The longest form has 9 fields. A tenth makes the line invalid.
    let fields: Vec<&str> = line.split_ascii_whitespace().take(10).collect();
    match fields.as_slice() {
        ["running"] => Some(ThreadState::Running),
        ["-1", stack, counter] => {
            [stack, counter].into_iter().all(|field| hex(field).is_some()).then_some(ThreadState::OutsideSyscall)
        }
        [number, arguments @ .., stack, counter] if arguments.len() == 6 => {
            let number = number.parse().ok().filter(|number: &c_long| *number >= 0)?;
            hex(stack).and(hex(counter))?;
            let arguments: Option<Vec<u64>> = arguments.iter().copied().map(hex).collect();
            Some(ThreadState::InSyscall(Syscall { number, arguments: arguments?.try_into().ok()? }))
        }
        _ => None,
    }
}

fn hex(field: &str) -> Option<u64> {
    u64::from_str_radix(field.strip_prefix("0x")?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(line: &str) -> Option<Syscall> {
        match parse_state(line)? {
            ThreadState::InSyscall(call) => Some(call),
            ThreadState::Running | ThreadState::OutsideSyscall => None,
        }
    }

    #[test]
    fn spec_3_23_the_three_forms_of_the_file_are_parsed() {
        assert_eq!(parse_state("running\n"), Some(ThreadState::Running));
        assert_eq!(parse_state("-1 0x7ffd349db878 0x7f204fd522ad\n"), Some(ThreadState::OutsideSyscall));
        let arguments = [3, 0x7f20_4fbd_6000, 0x20000, 0, u64::MAX, 0];
        let read = "0 0x3 0x7f204fbd6000 0x20000 0x0 0xffffffffffffffff 0x0 0x7ffd349db878 0x7f204fd522ad\n";
        assert_eq!(parse_state(read), Some(ThreadState::InSyscall(Syscall { number: 0, arguments })));
    }

    #[test]
    fn spec_3_23_an_int_is_the_lower_half_of_its_register() {
        let wait = |child: &str| call(&format!("61 {child} 0x0 0x0 0x0 0x0 0x0 0x7ffd 0x7f20"));
        assert_eq!(wait("0xffffffff").map(|call| call.int(0)), Some(-1));
        assert_eq!(wait("0xffffffffffffffff").map(|call| call.int(0)), Some(-1));
        assert_eq!(wait("0xdead00000004d2").map(|call| call.int(0)), Some(1234));
        assert_eq!(wait("0x0").map(|call| call.int(6)), Some(0));
    }

    #[test]
    fn spec_3_23_other_text_is_none() {
        let line = "0 0x3 0x7f204fbd6000 0x20000 0x0 0xffffffff 0x0 0x7ffd349db878 0x7f204fd522ad";
        assert!(call(line).is_some());
        let cut = line.match_indices(' ').map(|(end, _)| line.get(..end).unwrap_or_default());
        for text in cut.chain(["", "\n", "runnin", "running 0x3", "-1", "-1 0x1", "-1 x 0x1", "Permission denied"]) {
            assert_eq!(parse_state(text), None, "{text:?}");
        }
        for text in [line.replacen('0', "zero", 1), line.replacen('0', "-2", 1), line.replace("0x3", "3")] {
            assert_eq!(parse_state(&text), None, "{text:?}");
        }
        assert_eq!(parse_state(&format!("{line} 0x1")), None);
        assert_eq!(parse_state(&line.replace("0x3", "0x3ffffffffffffffff")), None);
    }
}
