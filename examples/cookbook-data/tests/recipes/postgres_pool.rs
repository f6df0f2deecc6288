use containers::if_available;
use process::{Program, Signal};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgConnection};

use crate::numbers;
use crate::server::{Postgres, until};

const PROGRAM: &str = env!("CARGO_BIN_EXE_postgres_pool");

/// A connection of the test, and the runtime on which it lives.
struct Client {
    runtime: tokio::runtime::Runtime,
    connection: PgConnection,
}

impl Client {
    /// A server that accepts connections may still be starting.
    fn connect(server: &Postgres) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let options: PgConnectOptions = server.url().parse().expect("a URL");
        let connection = until("the server has started", || runtime.block_on(options.connect()).ok());
        Self { runtime, connection }
    }

    fn execute(&mut self, query: &'static str) {
        self.runtime.block_on(sqlx::query(query).execute(&mut self.connection)).expect(query);
    }

    fn column(&mut self, query: &'static str) -> Vec<i64> {
        self.runtime.block_on(sqlx::query_scalar(query).fetch_all(&mut self.connection)).expect(query)
    }

    /// Waits until the server has ended its processes for the program.
    fn wait_until_it_has_left(&mut self) {
        let query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'postgres_pool'";
        until("the server has no connection of the program", || (self.column(query) == [0]).then_some(()));
    }
}

/// Whether the server has seen a connection break: while it waited for a query, or while it answered.
fn has_broken_connection(server: &Postgres) -> bool {
    let log = server.0.log();
    ["unexpected EOF on client connection", "connection to client lost", "could not receive data from client"]
        .iter()
        .any(|text| log.contains(text))
}

#[test]
fn postgresql_has_the_order_in_flight_and_the_visits_and_sees_each_connection_end() {
    if_available(|| {
        let server = Postgres::start()?;
        let mut client = Client::connect(&server);
        let mut running = Program::new(PROGRAM).arg(server.url()).start();
        running.out_line("order 2 is saved");

        // From here on the program's transaction waits for this one.
        client.execute("BEGIN");
        client.execute("LOCK TABLE orders IN EXCLUSIVE MODE");
        let saved = client.column("SELECT number FROM orders ORDER BY number");
        assert_eq!(client.column("SELECT number FROM visits"), [0; 0], "the visits are in memory");
        let in_flight = saved.len() + 1;
        running.out_line(&format!("order {in_flight} has begun"));
        running.signal(Signal::SIGTERM);
        running.err_line("SIGTERM");
        client.execute("ROLLBACK");

        let ended = running.wait();
        ended.assert_code(0).assert_out(&format!("order {in_flight} is saved")).assert_err("2 completed");
        client.wait_until_it_has_left();
        let begun = numbers(&ended, "order ", " has begun");
        for query in ["SELECT number FROM orders", "SELECT number FROM items", "SELECT number FROM visits"] {
            assert_eq!(client.column(query), begun, "{query}: {ended}");
        }
        assert!(server.0.log().contains("disconnection: session time"), "{}", server.0.log());
        assert!(!has_broken_connection(&server), "{}", server.0.log());

        // The log would show it.
        let mut killed = Program::new(PROGRAM).arg(server.url()).start();
        killed.signal(Signal::SIGKILL);
        killed.wait();
        client.wait_until_it_has_left();
        assert!(has_broken_connection(&server), "{}", server.0.log());
        Ok(())
    });
}

#[test]
fn without_a_server_the_program_says_which_package_has_it() {
    let ended = Program::new(PROGRAM).arg("postgres://postgres@localhost/postgres?host=/nonexistent").run();
    ended.assert_code(1).assert_err("connecting to PostgreSQL (Debian: `apt install postgresql`)");
}
