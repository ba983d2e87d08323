// The page over an archive: people, one person, photos, the map, and what was left out.

import { drawMap } from './map.js';
import { $, asked, clear, element, face, told } from './parts.js';

let archive = null; // What /overview said.

const VIEWS = { people, person, photos, map, left };

async function show() {
  const [name, id] = (location.hash.slice(1) || 'people').split('/');
  for (const link of document.querySelectorAll('nav a')) {
    const here = link.hash === `#${name}` || (name === 'person' && link.hash === '#people');
    link.toggleAttribute('aria-current', here);
  }
  told(null);
  try {
    archive = await asked('/overview');
    headline();
    await (VIEWS[name] ?? people)(clear('view'), Number(id));
  } catch (error) {
    told(error.message);
  }
}

function headline() {
  $('archive').textContent = archive.archive;
  const several = archive.people.filter((one) => one.faces > 1).length;
  $('counts').textContent = `${archive.photos} photos · ${archive.faces} faces · ${several} people on several`;
  $('undo').hidden = archive.undo === null;
  $('undo').textContent = `Undo: ${archive.undo}`;
}

async function step(path, content) {
  try {
    await asked(path, content);
  } catch (error) {
    told(error.message);
    return false;
  }
  await show();
  return true;
}

// -- people

function people(view) {
  const chosen = new Set();
  const merge = element('button', { className: 'main', textContent: 'They are one person', disabled: true });
  const search = element('input', { type: 'text', placeholder: 'Look for a name', ariaLabel: 'Look for a name' });
  const alone = element('button', { className: 'small', textContent: 'Show those on one photo only' });
  const list = element('ul', { className: 'people' });
  let least = 2;
  const fill = () => {
    const like = search.value.trim().toLowerCase();
    const found = archive.people.filter((one) => (one.faces >= least || one.name) && one.title.toLowerCase().includes(like));
    list.replaceChildren(...found.map((one) => card(one, chosen, () => {
      merge.disabled = chosen.size < 2;
    })));
  };
  search.oninput = fill;
  alone.onclick = () => {
    least = 3 - least;
    alone.textContent = least === 1 ? 'Hide those on one photo only' : 'Show those on one photo only';
    fill();
  };
  merge.onclick = () => {
    const [into, ...ids] = archive.people.filter((one) => chosen.has(one.id)).map((one) => one.id);
    step(`/people/${into}/merge`, { ids });
  };
  view.append(
    element('div', { className: 'bar' }, search, alone, merge, element('span', { className: 'soft', textContent: 'Open a person to name them. Tick several to merge them.' })),
    list,
  );
  fill();
}

function card(one, chosen, changed) {
  const tick = element('input', { type: 'checkbox', ariaLabel: `Choose ${one.title}`, checked: chosen.has(one.id) });
  tick.onchange = () => {
    if (tick.checked) chosen.add(one.id); else chosen.delete(one.id);
    changed();
  };
  const link = element('a', { href: `#person/${one.id}` }, face(one.cover, one.title), element('b', { textContent: one.title }));
  const dates = span(one.first, one.last);
  return element('li', { className: one.name ? 'card' : 'card unnamed' }, link, element('small', { textContent: `${one.photos} photo${one.photos === 1 ? '' : 's'}${dates ? ` · ${dates}` : ''}` }), tick);
}

function span(first, last) {
  const [from, to] = [first.slice(0, 4), last.slice(0, 4)];
  return from === to ? from : `${from} to ${to}`;
}

async function person(view, id) {
  const one = archive.people.find((each) => each.id === id);
  if (!one) {
    location.hash = '#people';
    return;
  }
  const faces = await asked(`/people/${id}`);
  const chosen = new Set();
  const name = element('input', { type: 'text', value: one.name, placeholder: 'Who is this?', ariaLabel: 'Name' });
  const save = element('button', { className: 'main', textContent: 'Save the name' });
  const split = element('button', { textContent: 'The ticked are somebody else', disabled: true });
  const chart = element('button', { textContent: 'Change over time' });
  const form = element('form', { className: 'bar' }, name, save, split, chart);
  form.onsubmit = (event) => {
    event.preventDefault();
    step(`/people/${id}/name`, { name: name.value });
  };
  split.type = 'button';
  split.onclick = () => step(`/people/${id}/split`, { ids: [...chosen] });
  chart.type = 'button';
  chart.onclick = () => showChart(id, one, form);
  const list = element('ul', { className: 'people' });
  for (const each of faces) list.append(faceCard(each, chosen, () => { split.disabled = !chosen.size || chosen.size === faces.length; }));
  view.append(element('h2', { textContent: one.title }), element('p', { className: 'soft', textContent: `${one.faces} faces on ${one.photos} photos` }), form, list);
}

function faceCard(each, chosen, changed) {
  const tick = element('input', { type: 'checkbox', ariaLabel: `Choose the face of ${each.path}` });
  tick.onchange = () => {
    if (tick.checked) chosen.add(each.photo); else chosen.delete(each.photo);
    changed();
  };
  const open = element('a', { href: '#', title: each.path }, face(each.id, each.path));
  open.onclick = (event) => {
    event.preventDefault();
    enlarge(each.photo);
  };
  return element('li', { className: 'card' }, open, element('small', { textContent: each.taken ? each.taken.replace('T', ' ').slice(0, 16) : 'no date' }), tick);
}

async function showChart(id, one, before) {
  const response = await fetch(`/people/${id}/progress.png`);
  if (!response.ok) {
    told((await response.json()).detail);
    return;
  }
  document.querySelector('.chart')?.remove();
  const picture = element('img', { className: 'chart', alt: `Change of the face of ${one.title} over time` });
  picture.src = URL.createObjectURL(await response.blob());
  before.after(picture);
}

// -- photos

async function photos(view) {
  const chosen = new Set();
  const chips = element('div', { className: 'chips' });
  const count = element('p', { className: 'soft' });
  const list = element('ul', { className: 'photos' });
  const fill = async () => {
    const query = new URLSearchParams([...chosen].map((id) => ['person', id]));
    const found = await asked(`/photos?${query}`);
    const names = archive.people.filter((one) => chosen.has(one.id)).map((one) => one.title);
    count.textContent = `${found.length} photos${names.length ? ` with ${names.join(' and ')}` : ''}`;
    list.replaceChildren(...found.slice(0, 600).map(photoCard));
  };
  for (const one of archive.people.filter((each) => each.name || each.faces > 1).slice(0, 60)) {
    const chip = element('button', { className: 'chip', ariaPressed: 'false' }, face(one.cover, ''), element('span', { textContent: one.title }));
    chip.onclick = () => {
      if (!chosen.delete(one.id)) chosen.add(one.id);
      chip.ariaPressed = String(chosen.has(one.id));
      fill();
    };
    chips.append(chip);
  }
  view.append(element('div', { className: 'bar' }, element('h2', { textContent: 'Photos with' }), count), chips, list);
  await fill();
}

function photoCard(photo) {
  const picture = element('img', { src: `/photos/${photo.id}/picture.jpg?small=true`, alt: photo.path, loading: 'lazy' });
  const button = element('button', { title: photo.path }, picture, element('span', { textContent: photo.taken ? photo.taken.replace('T', ' ').slice(0, 16) : photo.path }));
  button.onclick = () => enlarge(photo.id);
  return element('li', {}, button);
}

async function enlarge(id) {
  const photo = await asked(`/photos/${id}`);
  const stage = clear('stage');
  stage.append(element('img', { src: `/photos/${id}/picture.jpg`, alt: photo.path }));
  for (const each of photo.faces) {
    const [x, y, w, h] = each.box.map((share) => `${100 * share}%`);
    const frame = each.person
      ? element('a', { href: `#person/${each.person}` }, element('b', { textContent: each.title }))
      : element('i', { title: each.dropped ?? '' });
    Object.assign(frame.style, { left: x, top: y, width: w, height: h });
    frame.onclick = () => $('large').close();
    stage.append(frame);
  }
  $('caption').textContent = [photo.path, photo.taken.replace('T', ' '), photo.camera].filter(Boolean).join(' · ');
  $('large').showModal();
}

// -- map

async function map(view) {
  const note = element('p', { className: 'soft', textContent: 'Laying the faces out …' });
  view.append(element('div', { className: 'bar' }, element('h2', { textContent: 'All faces, alike ones together' }), note));
  const { faces, left } = await asked('/map');
  note.textContent = `Turn the wheel to zoom, drag to move, click a face to open the person.${left ? ` The ${left} poorest are not drawn.` : ''}`;
  const titles = new Map(archive.people.map((one) => [one.id, one.title]));
  view.append(drawMap(faces, titles));
}

// -- left out

function left(view) {
  const rows = (list) => list.map((cells) => element('tr', {}, ...cells.map((text) => element('td', { textContent: text }))));
  const table = (heads, list) => element('table', {}, element('tr', {}, ...heads.map((text) => element('th', { textContent: text }))), ...rows(list));
  view.append(
    element('h2', { textContent: 'Faces that are not grouped' }),
    archive.dropped.length ? table(['why', 'faces'], archive.dropped) : element('p', { className: 'soft', textContent: 'None.' }),
    element('h2', { textContent: 'Files that could not be read' }),
    archive.problems.length ? table(['file', 'why'], archive.problems.map((one) => [one.path, one.reason])) : element('p', { className: 'soft', textContent: 'None.' }),
  );
}

$('undo').onclick = () => step('/undo', {});
$('close').onclick = () => $('large').close();
addEventListener('hashchange', show);
show();
