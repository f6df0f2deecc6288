use containers::if_available;
use process::{Program, Signal};
use redis::{Commands, Connection, cmd};

use crate::numbers;
use crate::server::{Redis, until};

const PROGRAM: &str = env!("CARGO_BIN_EXE_redis_pool");

fn pause(redis: &mut Connection, words: &[&str]) {
    cmd("CLIENT").arg(words).exec(redis).expect("OK");
}

#[test]
fn redis_has_the_order_in_flight_and_the_visits_and_no_connection_is_left() {
    if_available(|| {
        let server = Redis::start()?;
        let mut redis = server.connect();
        let mut running = Program::new(PROGRAM).arg(server.url()).start();
        running.out_line("order 2 is counted");

        // From here on Redis lets the program's order wait.
        pause(&mut redis, &["PAUSE", "60000", "WRITE"]);
        let counted: u64 = redis.get("orders").expect("a number");
        assert!(!redis.exists::<_, bool>("visits").expect("an answer"), "the visits are in memory");
        running.out_line(&format!("order {} has begun", counted + 1));
        running.signal(Signal::SIGTERM);
        running.err_line("SIGTERM");
        pause(&mut redis, &["UNPAUSE"]);

        let ended = running.wait();
        ended.assert_code(0).assert_out(&format!("order {} is counted", counted + 1)).assert_err("2 completed");
        let begun = numbers(&ended, "order ", " has begun");
        assert_eq!(redis.get::<_, usize>("orders"), Ok(begun.len()), "{ended}");
        assert_eq!(redis.lrange::<_, Vec<i64>>("visits", 0, -1), Ok(begun), "{ended}");
        until("Redis has only the connection of this test", || {
            let clients: String = cmd("CLIENT").arg("LIST").query(&mut redis).ok()?;
            (clients.lines().count() == 1).then_some(())
        });
        Ok(())
    });
}

#[test]
fn without_redis_the_program_says_which_package_has_it() {
    let ended = Program::new(PROGRAM).arg("redis+unix:///nonexistent/socket").run();
    ended.assert_code(1).assert_err("connecting to Redis (Debian: `apt install redis-server`)");
}
