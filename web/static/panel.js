// The panel's few scripts: playing a piece of a recording, and keeping live pages fresh. No libraries.
"use strict";

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

class Player {
  // One recording: its own keys, the picture of the call, and the play buttons of its exchanges.
  constructor(root) {
    this.root = root;
    this.audio = root.querySelector("audio");
    this.seek = root.querySelector("[data-seek]");
    this.head = root.querySelector("[data-head]");
    this.time = root.querySelector("[data-time]");
    this.toggle = root.querySelector("[data-toggle]");
    this.end = null; // seconds at which a piece stops, null when the whole call plays
    this.piecing = null; // the button whose piece plays
    this.turns = document.querySelectorAll(`[data-of="${root.dataset.player}"]`);
    this.buttons = document.querySelectorAll(`[data-play="${root.dataset.player}"]`);
    this.audio.controls = false;
    root.querySelector("[data-keys]").hidden = false;
    if (this.seek) this.seek.hidden = false;
    for (const button of this.buttons) button.hidden = false;
    this.listen();
    this.draw();
  }

  listen() {
    this.toggle.addEventListener("click", () => {
      if (!this.audio.paused) return this.audio.pause();
      this.whole();
      this.audio.play();
    });
    this.root.querySelector("[data-skip]").addEventListener("click", (event) => this.jump(this.audio.currentTime + Number(event.currentTarget.dataset.skip)));
    this.root.querySelector("[data-speed]").addEventListener("change", (event) => { this.audio.playbackRate = Number(event.target.value); });
    this.root.querySelector("[data-only]").addEventListener("change", (event) => this.only(event.target.checked));
    if (this.seek) this.seek.addEventListener("input", () => this.jump(Number(this.seek.value)));
    for (const button of this.buttons) button.addEventListener("click", () => this.piece(button));
    for (const name of ["play", "pause", "ended", "seeked", "timeupdate"]) this.audio.addEventListener(name, () => this.draw());
    this.audio.addEventListener("play", () => this.watch());
  }

  whole() {
    this.end = null;
    this.piecing = null;
  }

  jump(second) {
    this.whole();
    this.audio.currentTime = Math.max(0, second);
    this.draw();
  }

  piece(button) {
    const start = Number(button.dataset.start), end = Number(button.dataset.end);
    if (!this.audio.paused && this.piecing === button) return this.audio.pause();
    for (const other of document.querySelectorAll("audio")) if (other !== this.audio) other.pause();
    this.audio.currentTime = start;
    this.end = end;
    this.piecing = button;
    this.audio.play();
  }

  watch() {
    // Checked with every frame drawn: "timeupdate" comes four times a second, too seldom to stop on a word.
    if (this.audio.paused) return;
    if (this.end !== null && this.audio.currentTime >= this.end) {
      this.audio.pause();
      this.whole();
    }
    this.draw();
    requestAnimationFrame(() => this.watch());
  }

  draw() {
    const now = this.audio.currentTime, playing = !this.audio.paused;
    this.time.textContent = clock(now);
    this.toggle.classList.toggle("is-playing", playing);
    this.toggle.setAttribute("aria-label", playing ? this.toggle.dataset.pauseLabel : this.toggle.dataset.playLabel);
    if (this.seek) {
      this.seek.value = now;
      this.seek.setAttribute("aria-valuetext", clock(now));
      const x = String((1080 * now) / (Number(this.seek.max) || 1));
      this.head.setAttribute("x1", x);
      this.head.setAttribute("x2", x);
    }
    for (const button of this.buttons) {
      button.classList.toggle("is-playing", playing && this.piecing === button);
    }
    for (const turn of this.turns) {
      const on = playing && now >= Number(turn.dataset.start) && now < Number(turn.dataset.end);
      turn.classList.toggle("is-playing", on);
      this.root.querySelector(`[data-span="${turn.dataset.turn}"]`)?.classList.toggle("is-playing", on);
    }
  }

  only(elder) {
    // The elder's channel alone, in both ears and three times as loud: for soft voices.
    if (!this.context) {
      this.context = new AudioContext();
      this.source = this.context.createMediaElementSource(this.audio);
      this.splitter = this.context.createChannelSplitter(2);
      this.gain = this.context.createGain();
      this.gain.gain.value = 3;
      this.splitter.connect(this.gain, 1);
      this.source.connect(this.splitter);
    }
    this.source.disconnect();
    this.gain.disconnect();
    if (elder) {
      this.source.connect(this.splitter);
      this.gain.connect(this.context.destination);
    } else {
      this.source.connect(this.context.destination);
    }
    this.context.resume();
  }
}

class LivePage {
  // Asks for the campaign's numbers; when they have changed, fetches the page and puts its fresh part in place.
  constructor(root) {
    this.root = root;
    this.every = 4000;
    this.rounds = 0;
    setTimeout(() => this.ask(), this.every);
  }

  async ask() {
    if (!document.hidden) await this.refresh();
    setTimeout(() => this.ask(), this.every);
  }

  async refresh() {
    try {
      const answer = await fetch(this.root.dataset.poll, { headers: { Accept: "application/json" } });
      if (!answer.ok || answer.redirected) return;
      const { revision } = await answer.json();
      this.rounds += 1;
      if (revision === this.root.dataset.revision && this.rounds % 15 !== 0) return; // each minute for the countdowns
      const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
      const fresh = page.getElementById("live");
      if (!fresh) return;
      this.replace(fresh);
      document.querySelector(".menu").replaceWith(page.querySelector(".menu"));
      this.root.dataset.revision = page.querySelector("[data-poll]").dataset.revision;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // TypeError: the network is away; the next round tries again
    }
  }

  replace(fresh) {
    // What the reader has unfolded stays unfolded, and the keyboard's place is kept.
    const live = document.getElementById("live");
    const open = [...live.querySelectorAll("details")].map((fold) => fold.open);
    const focused = live.contains(document.activeElement) && document.activeElement.getAttribute("href");
    live.replaceChildren(...fresh.childNodes);
    [...live.querySelectorAll("details")].forEach((fold, place) => { fold.open = open[place] ?? fold.open; });
    if (focused) live.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
  }
}

class Alarm {
  // Every open page shows and sounds an emergency until somebody takes it, or this reader says that they know.
  constructor(root) {
    this.root = root;
    this.known = new Set(JSON.parse(sessionStorage.getItem("known-alerts") || "[]"));
    this.title = document.title;
    this.away = document.querySelector("[data-alarm-away]");
    this.heard = Date.now();
    this.root.querySelector("[data-alarm-quiet]").addEventListener("click", () => this.hush());
    this.root.querySelector("[data-alarm-sound]").addEventListener("click", () => this.context.resume().then(() => this.ring()));
    this.ask();
  }

  async ask() {
    try {
      const answer = await fetch(this.root.dataset.alarm, { headers: { Accept: "application/json" } });
      if (answer.ok && !answer.redirected) {
        const { alerts } = await answer.json();
        this.heard = Date.now();
        this.show(alerts);
      }
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // the network is away; the next round tries again
    } finally {
      // Signed out, or no server: a page that cannot hear of emergencies must not look like a quiet evening.
      this.away.hidden = Date.now() - this.heard < 30000;
      setTimeout(() => this.ask(), 5000);
    }
  }

  show(alerts) {
    // What somebody has taken, and hands back, is news again.
    for (const order of this.known) if (!alerts.some((alert) => alert.order === order)) this.known.delete(order);
    sessionStorage.setItem("known-alerts", JSON.stringify([...this.known]));
    this.alerts = alerts.filter((alert) => !this.known.has(alert.order));
    this.root.hidden = !this.alerts.length;
    document.title = this.alerts.length ? `⚠ ${this.title}` : this.title;
    if (!this.alerts.length) return;
    const { one, several } = this.root.dataset;
    const words = (this.alerts.length > 1 ? several : one).replace("{elder}", this.alerts[0].elder);
    const text = words.replace("{count}", this.alerts.length - 1);
    const place = this.root.querySelector("[data-alarm-text]");
    if (place.textContent !== text) place.textContent = text; // said once by screen readers, not every round
    this.root.querySelector("[data-alarm-link]").href = this.alerts[0].page;
    this.ring();
  }

  ring() {
    // Browsers are silent until the page was clicked once: then a button offers the sound.
    this.context ||= new AudioContext();
    this.context.resume();
    this.root.querySelector("[data-alarm-sound]").hidden = this.context.state === "running";
    if (this.context.state !== "running") return;
    const [start, tone, loudness] = [this.context.currentTime, this.context.createOscillator(), this.context.createGain()];
    tone.frequency.setValueAtTime(880, start);
    tone.frequency.setValueAtTime(660, start + 0.35);
    loudness.gain.setValueAtTime(0.2, start);
    loudness.gain.linearRampToValueAtTime(0, start + 0.8);
    tone.connect(loudness).connect(this.context.destination);
    tone.start(start);
    tone.stop(start + 0.8);
  }

  hush() {
    const shown = this.alerts;
    for (const alert of shown) this.known.add(alert.order);
    this.show(shown);
  }
}

function askPlace(label) {
  // Where a worker is goes along only if they tick it; a telephone that does not know holds up nothing.
  if (!navigator.geolocation || !window.isSecureContext) return;
  label.hidden = false;
  const form = label.closest("form");
  form.addEventListener("submit", (event) => {
    if (!label.querySelector("input").checked || form.dataset.asked) return;
    event.preventDefault();
    form.dataset.asked = "yes";
    const send = () => form.submit();
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      form.elements.place.value = `${coords.latitude.toFixed(5)},${coords.longitude.toFixed(5)}`;
      send();
    }, send, { timeout: 8000, maximumAge: 60000, enableHighAccuracy: true });
  });
}

document.querySelectorAll("[data-alarm]").forEach((root) => new Alarm(root));
document.querySelectorAll("[data-place]").forEach(askPlace);
document.querySelectorAll("[data-player]").forEach((root) => new Player(root));
document.querySelectorAll("[data-poll]").forEach((root) => new LivePage(root));
document.addEventListener("click", (event) => {
  // A click elsewhere folds the open menu; Escape does so too.
  for (const menu of document.querySelectorAll("details.more[open], details.drop[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") for (const menu of document.querySelectorAll("details.more[open], details.drop[open]")) menu.open = false;
});
