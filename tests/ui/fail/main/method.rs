struct Program;

impl Program {
    #[on_shutdown::main]
    async fn run(self) {}
}

fn main() {}
