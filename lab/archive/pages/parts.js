// What the views are made of.

export const $ = (id) => document.getElementById(id);

export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  Object.assign(made, properties);
  made.append(...children);
  return made;
}

export function clear(id) {
  $(id).replaceChildren();
  return $(id);
}

export function face(id, title) {
  return element('img', { src: `/faces/${id}/picture.jpg`, alt: title, loading: 'lazy', width: 176, height: 176 });
}

export function told(problem) {
  $('problem').hidden = problem === null;
  $('problem').textContent = problem ?? '';
}

// Ask with GET, or with POST where there is something to send.
export async function asked(path, content = null) {
  const options = content === null ? {} : {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(content),
  };
  let response;
  try {
    response = await fetch(path, { cache: 'no-store', ...options });
  } catch {
    throw new Error('No answer. Is `vitrine archive page` still running?');
  }
  const answer = await response.json();
  if (!response.ok) throw new Error(typeof answer.detail === 'string' ? answer.detail : `The page was refused (${response.status}).`);
  return answer;
}
