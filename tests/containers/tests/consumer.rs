//! Tests that a program whose consumer loses its Redis answers what is in flight, exits with 1, is started again by docker,
//! and loses no order.

use std::ops::RangeInclusive;
use std::thread;
use std::time::{Duration, Instant};

use containers::{CONSUMER, Container, Network, RedisServer, Run, Unavailable, get, in_docker};

/// No restart takes longer, also on a busy machine: docker waits longer each time.
const LIMIT: Duration = Duration::from_secs(60);

/// Waits until docker or Redis shows it.
#[track_caller]
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < LIMIT, "not within {LIMIT:?}: {what}");
        thread::sleep(Duration::from_millis(50));
    }
}

fn add(redis: &RedisServer, orders: RangeInclusive<u32>) {
    for number in orders {
        redis.command(&format!("XADD orders * number {number}"));
    }
}

fn start_consumer(network: &Network) -> Result<Container, Unavailable> {
    let run = Run::new().network(network.name()).flag("--restart=on-failure").env("REDIS_URL", "redis://redis/");
    let consumer = run.ready(&CONSUMER.image()?);
    consumer.wait_for("consuming");
    Ok(consumer)
}

fn says(consumer: &Container, line: &str) -> bool {
    consumer.log_so_far().iter().any(|found| found == line)
}

/// How often the consumer worked on each of these orders.
fn worked_on(consumer: &Container, orders: RangeInclusive<u32>) -> Vec<usize> {
    let log = consumer.log_so_far();
    orders.map(|number| log.iter().filter(|line| **line == format!("order {number}")).count()).collect()
}

fn assert_nothing_pending(redis: &RedisServer) {
    // The number of entries that were read and not acknowledged. First comes the number of lines of the answer.
    assert_eq!(redis.command("XINFO CONSUMERS orders shop"), "1", "one consumer");
    until("everything is acknowledged", || {
        let script = "EVAL \"return redis.call('XPENDING',KEYS[1],ARGV[1])[1]\" 1 orders shop";
        redis.command(script) == "0"
    });
}

#[test]
fn a_consumer_whose_connection_is_cut_ends_the_program_which_is_started_again() {
    in_docker(|| {
        let network = Network::create(&[]);
        let redis = RedisServer::start(&network)?;
        let consumer = start_consumer(&network)?;
        add(&redis, 1..=5);
        consumer.wait_for("order 5");

        let address = consumer.address(8080)?;
        let request = thread::spawn(move || get(address, "/"));
        consumer.wait_for("answering");
        redis.command("CLIENT KILL TYPE normal SKIPME yes");
        let (status, body) = request.join().expect("no panic").expect("the request in flight is answered");
        assert_eq!((status, &*body), (200, "done\n"));

        until("docker has started it again", || consumer.restarts() == 1);
        until("docker tells its exit code", || consumer.exit_codes() == [1]);
        add(&redis, 6..=10);
        until("it works again", || says(&consumer, "order 10"));
        assert_eq!(worked_on(&consumer, 1..=10), [1; 10]);
        assert_nothing_pending(&redis);

        let ended = consumer.stop().wait();
        ended.assert_code(0).assert_said("shutdown report: task orders (");
        ended.assert_said("platforms/consumer/main.rs:").assert_said(") failed: reading orders: ");
        let closed = ended.log.iter().filter(|line| *line == "closed the files").count();
        assert_eq!((closed, consumer.restarts()), (2, 1), "{ended}");
        Ok(())
    });
}

#[test]
fn a_consumer_without_its_redis_is_started_again_until_redis_is_back_and_no_order_is_lost() {
    in_docker(|| {
        let network = Network::create(&[]);
        let redis = RedisServer::start(&network)?;
        // As if a process of this consumer had read the first order, and had been killed before it was done.
        redis.command("XGROUP CREATE orders shop 0 MKSTREAM");
        add(&redis, 1..=2);
        redis.command("XREADGROUP GROUP shop consumer-1 COUNT 1 STREAMS orders >");
        let consumer = start_consumer(&network)?;
        until("it works on both", || worked_on(&consumer, 1..=2) == [1, 1]);

        redis.container().stop_within(5);
        until("docker has started it again, twice", || consumer.restarts() >= 2);
        redis.container().call(&["start"]);
        until("Redis is back", || redis.container().address(6379).is_ok());
        add(&redis, 3..=5);
        until("it works again", || says(&consumer, "order 5"));
        assert!(worked_on(&consumer, 1..=5).iter().all(|count| *count >= 1), "{:?}", consumer.log_so_far());
        assert_nothing_pending(&redis);
        until("docker tells the exit codes", || consumer.exit_codes().len() >= 2);
        let codes = consumer.exit_codes();
        assert!(codes.iter().all(|code| *code == 1), "{codes:?}");

        let ended = consumer.stop().wait();
        ended.assert_code(0).assert_said(") failed: connecting to Redis: ");
        Ok(())
    });
}
