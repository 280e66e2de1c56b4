// Says whether a PostgreSQL answers at DATABASE_URL: exit code 0 and its version, or 1 and why not.

const { Client } = require('pg');

async function probe() {
  const client = new Client({
    connectionString: process.env.DATABASE_URL,
    connectionTimeoutMillis: 3_000,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    const answer = await client.query('show server_version');
    console.log(`PostgreSQL ${answer.rows[0].server_version} answers.`);
  } catch (error) {
    console.log(
      `No PostgreSQL answers: ${error instanceof Error ? error.message || error.name : error}`,
    );
    process.exitCode = 1;
  } finally {
    await client.end().catch(() => {});
  }
}

void probe();
