// What has to survive the page: in the browser's storage, and in memory where that is blocked or full.

const memory = new Map();

function opened() {
  try {
    window.localStorage.getItem('');
    return window.localStorage;
  } catch {
    return null;
  }
}

const storage = opened();

export function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function put(name, text) {
  try {
    storage.setItem(name, text);
    memory.delete(name);
  } catch {
    memory.set(name, text);
  }
}

export const keeps = () => memory.size === 0;

export function get(name) {
  return memory.get(name) ?? storage?.getItem(name) ?? null;
}

export function drop(name) {
  memory.delete(name);
  storage?.removeItem(name);
}

export function names() {
  return [...memory.keys(), ...Object.keys(storage ?? {})];
}
