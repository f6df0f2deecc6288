use containers::if_available;
use process::Program;
use redis::Commands;

use crate::server::Redis;
use crate::stop;

#[test]
fn the_next_process_leads_at_once_and_two_never_lead_together() {
    if_available(|| {
        let server = Redis::start()?;
        // A lease that is not given back would end long after the test's limit.
        let program =
            |name| Program::new(env!("CARGO_BIN_EXE_leader_lease")).arg(server.url()).arg(name).arg("600").start();
        let first = program("first");
        first.out_line("a step has begun");
        let second = program("second");
        let ended = stop(first);
        ended.assert_code(0).assert_out("gave the lease back");
        second.out_line("a step has begun");
        // The one that does not lead gives nothing back.
        let third = program("third");
        let ended = stop(third);
        ended.assert_code(0);
        assert!(ended.out.iter().all(|line| line == "ready"), "{ended}");
        stop(second).assert_code(0).assert_out("gave the lease back");

        let mut redis = server.connect();
        let steps: Vec<String> = redis.lrange("steps", 0, -1).expect("a list");
        let ends_before_the_next = |pair: &[String]| pair[0].replace("begins", "ends") == pair[1];
        assert!(steps.len().is_multiple_of(2) && steps.chunks(2).all(ends_before_the_next), "{steps:?}");
        let leaders = steps.chunk_by(|one, next| one.split(' ').next() == next.split(' ').next());
        let leaders = leaders.map(|steps| steps[0].as_str()).collect::<Vec<_>>();
        assert_eq!(leaders, ["first begins", "second begins"], "{steps:?}");
        assert!(!redis.exists::<_, bool>("leader").expect("an answer"), "the lease is given back");
        Ok(())
    });
}
