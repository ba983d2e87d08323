// What has to survive the page: in memory, and in the browser's database where that is allowed and has room.
// Unlike `localStorage`, which is written some seconds later, it has all of it when the browser is killed.

const OPEN_MS = 2_000; // chosen, not measured: a page shows something before anybody walks by
const TABLE = 'texts';

const memory = new Map(); // name → text
const unkept = new Set(); // names of what is in memory only
let database = null;

const answered = (request) => new Promise((yes, no) => {
  request.onsuccess = () => yes(request.result);
  request.onerror = () => no(request.error);
});

async function open() {
  const request = indexedDB.open('vitrine');
  request.onupgradeneeded = () => request.result.createObjectStore(TABLE);
  const opened = await answered(request);
  const table = opened.transaction(TABLE).objectStore(TABLE);
  const [names, texts] = await Promise.all([answered(table.getAllKeys()), answered(table.getAll())]);
  names.forEach((name, place) => memory.set(name, texts[place]));
  database = opened;
}

// Changes the table; rejects where the browser keeps nothing.
function change(how, durability) {
  return new Promise((yes, no) => {
    const transaction = database.transaction(TABLE, 'readwrite', { durability });
    transaction.oncomplete = yes;
    transaction.onabort = () => no(transaction.error);
    how(transaction.objectStore(TABLE));
  });
}

export function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

// Keeps a text under a name, in one step in the place of another; over once the browser has it on the disk, if it may.
export async function put(name, text, instead = null) {
  memory.delete(instead);
  unkept.delete(instead);
  memory.set(name, text);
  try {
    await change((table) => {
      if (instead !== null) table.delete(instead);
      table.put(text, name);
    }, 'strict');
    unkept.delete(name);
  } catch (error) {
    if (memory.has(name)) unkept.add(name);
    console.warn(`the browser keeps nothing: ${error.message}`);
  }
}

export function drop(name) {
  memory.delete(name);
  unkept.delete(name);
  // What comes back after a power cut is only told again.
  change((table) => table.delete(name), 'relaxed').catch(() => {});
}

export const keeps = () => unkept.size === 0;

export const get = (name) => memory.get(name) ?? null;

export const names = () => [...memory.keys()];

const late = new Promise((_, no) => { setTimeout(no, OPEN_MS, new Error('it does not open')); });
try {
  await Promise.race([open(), late]);
} catch (error) {
  console.warn(`the browser keeps nothing: ${error.message}`);
}
