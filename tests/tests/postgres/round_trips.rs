//! Round trips, counted by a proxy between the run and the server.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use revchain::Target;
use revchain_tests::project::Draft;
use sqlx::ConnectOptions as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::{Result, TABLE, migrations, on_a_database, one};

/// Passes bytes both ways, and counts how often the client speaks after the server has.
async fn count(
    listener: TcpListener,
    host: String,
    port: u16,
    turns: Arc<AtomicUsize>,
) -> std::io::Result<()> {
    let (client, _) = listener.accept().await?;
    let server = TcpStream::connect((host.as_str(), port)).await?;
    let (mut client_reads, mut client_writes) = client.into_split();
    let (mut server_reads, mut server_writes) = server.into_split();
    let servers_turn = Arc::new(AtomicUsize::new(0));
    let there = {
        let servers_turn = Arc::clone(&servers_turn);
        async move {
            let mut bytes = [0; 65536];
            loop {
                let count = client_reads.read(&mut bytes).await?;
                if count == 0 {
                    return server_writes.shutdown().await;
                }
                if servers_turn.swap(1, Ordering::SeqCst) == 0 {
                    turns.fetch_add(1, Ordering::SeqCst);
                }
                server_writes.write_all(&bytes[..count]).await?;
            }
        }
    };
    let back = async move {
        let mut bytes = [0; 65536];
        loop {
            let count = server_reads.read(&mut bytes).await?;
            if count == 0 {
                return client_writes.shutdown().await;
            }
            servers_turn.store(0, Ordering::SeqCst);
            client_writes.write_all(&bytes[..count]).await?;
        }
    };
    tokio::try_join!(there, back).map(|_| ())
}

#[test]
fn a_revision_is_one_and_a_start_with_nothing_to_do_is_two() -> Result {
    on_a_database(async |database| {
        let mut direct = database.postgres().await?;
        let port: String = one(&mut direct, "SELECT current_setting('port')").await?;
        let mut drafts = vec![TABLE];
        let ids: Vec<String> = (0..20).map(|number| format!("r{number:03}")).collect();
        for (number, id) in ids.iter().enumerate() {
            let revises = if number == 0 { "aaaa1" } else { &ids[number - 1] };
            drafts.push(Draft::new(
                id,
                revises,
                "INSERT INTO a VALUES ((SELECT max(id) + 1 FROM a), 'n');\nUPDATE a SET n = n;",
                "SELECT 1;",
            ));
        }
        let migrations = migrations(&drafts)?;
        let mut spoken = Vec::new();
        for target in ["+1", "+20", "head"] {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
            let options = database.postgres_options().host("127.0.0.1");
            let options = options
                .port(listener.local_addr()?.port())
                .ssl_mode(sqlx::postgres::PgSslMode::Disable);
            let turns = Arc::new(AtomicUsize::new(0));
            let proxy = count(listener, "127.0.0.1".to_owned(), port.parse()?, Arc::clone(&turns));
            let proxy = tokio::spawn(proxy);
            let mut connection = options.connect().await?;
            let before = turns.load(Ordering::SeqCst);
            migrations.upgrade(target.parse()?).run_async(&mut connection).await?;
            spoken.push(turns.load(Ordering::SeqCst) - before);
            sqlx::Connection::close(connection).await?;
            proxy.await??;
        }
        // The session, lock, its table, its row, the session again; the revision; the lock given back.
        assert_eq!(spoken[0], 5 + 1 + 1, "{spoken:?}");
        // The lock's table is there, and a ledger that is read twice, with its last number.
        assert_eq!(spoken[1], 4 + 3 + 20 + 1, "{spoken:?}");
        assert_eq!(spoken[2], 2, "{spoken:?}");
        let again = migrations.upgrade(Target::Head).run_async(&mut direct).await?;
        assert!(again.is_empty());
        Ok(())
    })
}
