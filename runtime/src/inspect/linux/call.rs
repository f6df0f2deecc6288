//! The kernel's `syscall` file in, the thread's place out.

use nix::libc::c_long;

/// Where a thread is, as long as it stays there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// It runs, or is ready to.
    Running,
    /// It is blocked, but not by a system call: by a page fault, say.
    OutsideCalls,
    /// It is blocked in a system call.
    In(Call),
}

/// A system call as the kernel got it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) number: c_long,
    arguments: [u64; 6],
}

impl Call {
    /// The argument as the kernel's `unsigned long`: an address, a length.
    pub(super) fn word(&self, index: usize) -> u64 {
        self.arguments.get(index).copied().unwrap_or_default()
    }

    /// The argument as the kernel's `int`; the upper half of its register may hold anything.
    pub(super) fn int(&self, index: usize) -> i32 {
        self.word(index) as u32 as i32
    }
}

/// `None` for all that is not exactly one of the three forms.
pub(super) fn parse(line: &str) -> Option<Place> {
    let fields: Vec<&str> = line.split_ascii_whitespace().take(10).collect();
    match fields.as_slice() {
        ["running"] => Some(Place::Running),
        ["-1", stack, counter] => {
            [stack, counter].into_iter().all(|field| hex(field).is_some()).then_some(Place::OutsideCalls)
        }
        [number, arguments @ .., stack, counter] if arguments.len() == 6 => {
            let number = number.parse().ok().filter(|number: &c_long| *number >= 0)?;
            hex(stack).and(hex(counter))?;
            let arguments: Option<Vec<u64>> = arguments.iter().copied().map(hex).collect();
            Some(Place::In(Call { number, arguments: arguments?.try_into().ok()? }))
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

    fn call(line: &str) -> Option<Call> {
        match parse(line)? {
            Place::In(call) => Some(call),
            Place::Running | Place::OutsideCalls => None,
        }
    }

    #[test]
    fn spec_3_23_the_three_forms_of_a_place() {
        assert_eq!(parse("running\n"), Some(Place::Running));
        assert_eq!(parse("-1 0x7ffd349db878 0x7f204fd522ad\n"), Some(Place::OutsideCalls));
        let arguments = [3, 0x7f20_4fbd_6000, 0x20000, 0, u64::MAX, 0];
        let read = "0 0x3 0x7f204fbd6000 0x20000 0x0 0xffffffffffffffff 0x0 0x7ffd349db878 0x7f204fd522ad\n";
        assert_eq!(parse(read), Some(Place::In(Call { number: 0, arguments })));
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
    fn spec_3_23_what_is_no_place_is_not_guessed() {
        let line = "0 0x3 0x7f204fbd6000 0x20000 0x0 0xffffffff 0x0 0x7ffd349db878 0x7f204fd522ad";
        assert!(call(line).is_some());
        let cut = line.match_indices(' ').map(|(end, _)| line.get(..end).unwrap_or_default());
        for text in cut.chain(["", "\n", "runnin", "running 0x3", "-1", "-1 0x1", "-1 x 0x1", "Permission denied"]) {
            assert_eq!(parse(text), None, "{text:?}");
        }
        for text in [line.replacen('0', "zero", 1), line.replacen('0', "-2", 1), line.replace("0x3", "3")] {
            assert_eq!(parse(&text), None, "{text:?}");
        }
        assert_eq!(parse(&format!("{line} 0x1")), None);
        assert_eq!(parse(&line.replace("0x3", "0x3ffffffffffffffff")), None);
    }
}
