//! Calls what only Windows has: the events of the console, and threads that are suspended.
#![expect(unsafe_code, reason = "the functions of the system are unsafe")]

use std::ffi::c_void;
use std::time::Duration;

use on_shutdown::{HookSettings, Phase, register_sync};
use windows_sys::Win32::Foundation::CloseHandle;
use windows_sys::Win32::System::Console::{
    AllocConsole, CTRL_BREAK_EVENT, CTRL_C_EVENT, CTRL_CLOSE_EVENT, CTRL_SHUTDOWN_EVENT, FreeConsole,
    GenerateConsoleCtrlEvent, GetConsoleProcessList, GetStdHandle, STD_ERROR_HANDLE, STD_INPUT_HANDLE,
    STD_OUTPUT_HANDLE, SetConsoleCtrlHandler, SetStdHandle,
};
use windows_sys::Win32::System::Diagnostics::ToolHelp::{
    CreateToolhelp32Snapshot, TH32CS_SNAPTHREAD, THREADENTRY32, Thread32First, Thread32Next,
};
use windows_sys::Win32::System::LibraryLoader::{GetModuleHandleA, GetProcAddress};
use windows_sys::Win32::System::Threading::{
    CreateThread, GetCurrentProcessId, GetThreadDescription, OpenThread, SuspendThread,
    THREAD_QUERY_LIMITED_INFORMATION, THREAD_SUSPEND_RESUME,
};

/// The exit code if the system has no console or refuses an event.
const REFUSED: i32 = 77;

pub fn end(way: &str) {
    match way {
        "ctrl-c" => {
            send(CTRL_C_EVENT, 0);
            super::wait();
        }
        "ctrl-c-again" => {
            let settings = HookSettings::new().phase(Phase::Stop).timeout(Duration::from_secs(3));
            let slow = register_sync("slow", settings, |_| std::thread::sleep(Duration::from_secs(3)));
            slow.expect("it is early enough");
            send(CTRL_C_EVENT, 0);
            // Events within a second of the first are the same request. The next one asks for a fast shutdown, and the one after
            // it ends the process.
            for pause in [1200, 400] {
                std::thread::sleep(Duration::from_millis(pause));
                send(CTRL_C_EVENT, 0);
            }
            super::wait();
        }
        "ctrl-break" => raise_and_wait(CTRL_BREAK_EVENT),
        "close" => raise_and_wait(CTRL_CLOSE_EVENT),
        "shutdown" => raise_and_wait(CTRL_SHUTDOWN_EVENT),
        "stuck" => {
            super::add_sync("blocks", || super::block());
            on_shutdown::request_shutdown("all threads will be stuck").expect("the shutdown is installed");
            std::thread::sleep(Duration::from_millis(200));
            suspend_threads(&["shutdown", "shutdown-watch", "shutdown-hooks"]);
            super::wait();
        }
        other => panic!("no way `{other}`"),
    }
}

/// Sends the event to a process group of this console. Zero is every process of the console.
fn send(event: u32, group: u32) {
    ensure_console();
    // SAFETY: the call takes numbers alone.
    if unsafe { GenerateConsoleCtrlEvent(event, group) } == 0 {
        println!("refused: the event {event} for the group {group}: {}", std::io::Error::last_os_error());
        std::process::exit(REFUSED);
    }
}

/// Waits for the shutdown of an event whose handlers are called on a new thread, as the system calls them: by `CtrlRoutine`.
/// wine has no other way for these events. It delivers Ctrl-Break as SIGQUIT, which ends one of its threads, and does not
/// deliver the others.
fn raise_and_wait(event: u32) -> ! {
    // SAFETY: the names end with zero. The function has the type of a thread's start, and takes a number in place of a pointer.
    unsafe {
        let library = GetModuleHandleA(c"kernelbase.dll".as_ptr().cast());
        let Some(routine) = GetProcAddress(library, c"CtrlRoutine".as_ptr().cast()) else {
            println!("refused: the system does not export `CtrlRoutine`");
            std::process::exit(REFUSED);
        };
        type Start = unsafe extern "system" fn(*mut c_void) -> u32;
        let start = std::mem::transmute::<unsafe extern "system" fn() -> isize, Start>(routine);
        let parameter = std::ptr::without_provenance(event as usize);
        CreateThread(std::ptr::null(), 0, Some(start), parameter, 0, std::ptr::null_mut());
    }
    super::wait()
}

/// Gives this process a console of its own, unless it has one that sends events.
fn ensure_console() {
    let mut ids = [0; 1];
    // SAFETY: the pointer is valid for one number, and the other calls take numbers and handles that the system gave.
    unsafe {
        if GetConsoleProcessList(ids.as_mut_ptr(), 1) == 0 {
            // A new console takes the place of the pipes that the test reads.
            let handles =
                [STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE].map(|name| (name, GetStdHandle(name)));
            FreeConsole();
            if AllocConsole() == 0 {
                println!("refused: a console: {}", std::io::Error::last_os_error());
                std::process::exit(REFUSED);
            }
            handles.into_iter().for_each(|(name, handle)| _ = SetStdHandle(name, handle));
        }
        // A process that was started in a group of its own ignores Ctrl-C until it says otherwise.
        SetConsoleCtrlHandler(None, 0);
    }
}

/// Suspends the threads of this process that have one of these names, as if they were stuck for ever.
fn suspend_threads(names: &[&str]) {
    let mut entry = THREADENTRY32 { dwSize: size_of::<THREADENTRY32>() as u32, ..THREADENTRY32::default() };
    let mut suspended = Vec::new();
    // SAFETY: `entry` is valid and has its size. Each handle is open until it is closed here, or checked to be null.
    unsafe {
        let snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
        let mut has_entry = Thread32First(snapshot, &mut entry);
        while has_entry != 0 {
            if entry.th32OwnerProcessID == GetCurrentProcessId() {
                let rights = THREAD_SUSPEND_RESUME | THREAD_QUERY_LIMITED_INFORMATION;
                let thread = OpenThread(rights, 0, entry.th32ThreadID);
                if let Some(name) = (!thread.is_null()).then(|| name_of(thread)).filter(|name| names.contains(&&**name))
                {
                    SuspendThread(thread);
                    suspended.push(name);
                }
                CloseHandle(thread);
            }
            has_entry = Thread32Next(snapshot, &mut entry);
        }
        CloseHandle(snapshot);
    }
    suspended.sort();
    println!("suspended: {}", suspended.join(", "));
}

/// # Safety
/// The handle is that of an open thread.
unsafe fn name_of(thread: windows_sys::Win32::Foundation::HANDLE) -> String {
    let mut text = std::ptr::null_mut();
    // SAFETY: the handle is open, and the system sets the pointer to a text that ends with zero. The text is not freed: this
    // process ends soon.
    unsafe {
        if GetThreadDescription(thread, &mut text) < 0 || text.is_null() {
            return String::new();
        }
        let length = (0..).take_while(|at| *text.add(*at) != 0).count();
        String::from_utf16_lossy(std::slice::from_raw_parts(text, length))
    }
}
