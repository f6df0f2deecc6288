//! Installs the shutdown, and offers what the program calls: settings, the handle, tasks, and hooks made at run time.

mod error_text;
pub(crate) mod guard;
pub(crate) mod handle;
mod installation;
mod installed_line;
pub(crate) mod main_fn;
mod only_thread;
mod print_mode;
pub(crate) mod register;
pub(crate) mod scope;
pub(crate) mod serve;
pub(crate) mod settings;
mod shell_form;
pub(crate) mod task;
mod threads;
pub(crate) mod warnings;
