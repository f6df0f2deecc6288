use containers::if_available;
use process::Program;
use redis::streams::{StreamInfoConsumersReply, StreamPendingReply};
use redis::{Commands, Connection};

use crate::server::Redis;
use crate::{numbers, stop};

const PROGRAM: &str = env!("CARGO_BIN_EXE_redis_group");

fn pending(redis: &mut Connection) -> usize {
    redis.xpending::<_, _, StreamPendingReply>("orders", "shop").expect("the group").count()
}

fn consumers(redis: &mut Connection) -> Vec<String> {
    let reply: StreamInfoConsumersReply = redis.xinfo_consumers("orders", "shop").expect("the group");
    reply.consumers.into_iter().map(|consumer| consumer.name).collect()
}

#[test]
fn each_message_is_acknowledged_or_given_back_and_is_processed_once() {
    if_available(|| {
        let server = Redis::start()?;
        let mut redis = server.connect();
        for number in 1..=20 {
            let _: String = redis.xadd("orders", "*", &[("number", number)]).expect("its id");
        }
        let program = |name| Program::new(PROGRAM).arg(server.url()).arg(name);
        let running = program("first").start();
        running.out_line("message 3 has begun");
        let ended = stop(running);
        ended.assert_code(0);
        let begun = numbers(&ended, "message ", " has begun");
        assert_eq!(numbers(&ended, "message ", " is acknowledged"), begun, "{ended}");
        assert_eq!(redis.lrange::<_, Vec<i64>>("done", 0, -1), Ok(begun.clone()), "{ended}");
        // It reads ten at a time, and has given back the others of the ten.
        assert_eq!((begun.len() + pending(&mut redis)) % 10, 0, "{ended}");
        assert!(consumers(&mut redis).iter().all(|name| name == "returned"), "{ended}");

        let running = program("second").start();
        running.out_line("message 20 is acknowledged");
        let ended = stop(running);
        ended.assert_code(0);
        assert_eq!(redis.lrange::<_, Vec<i64>>("done", 0, -1), Ok((1..=20).collect()), "{ended}");
        assert_eq!(pending(&mut redis), 0, "{ended}");
        assert!(consumers(&mut redis).iter().all(|name| name == "returned"), "{ended}");
        Ok(())
    });
}
