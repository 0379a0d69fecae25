// Browsers start no Worker from a page on the disk: there its script runs in a hidden frame, which Material's search
// knows by the name IFrameWorker.
if (location.protocol === "file:") {
  window.IFrameWorker = class extends EventTarget {
    constructor(url) {
      super()
      this.frame = document.createElement("iframe")
      this.frame.hidden = true
      document.body.append(this.frame)
      this.inside = this.frame.contentWindow
      const page = this.frame.contentDocument
      page.open()
      page.write("<html><body></body></html>")
      page.close()
      this.inside.postMessage = data => this.hear(this, data)
      this.inside.importScripts = (...urls) => urls.reduce((before, each) => before.then(() => this.load(each)), Promise.resolve())
      this.ready = this.load(url)
    }

    load(url) {
      return new Promise((resolve, reject) => {
        const script = this.frame.contentDocument.createElement("script")
        script.src = url
        script.onload = resolve
        script.onerror = () => reject(new Error(`${url} was not loaded`))
        this.frame.contentDocument.body.append(script)
      })
    }

    hear(who, data) {
      const event = new MessageEvent("message", { data })
      who.dispatchEvent(event)
      if (who === this) this.onmessage?.(event)
    }

    postMessage(data) {
      this.ready.then(() => this.hear(this.inside, data))
    }

    terminate() {
      this.frame.remove()
    }
  }
  window.Worker = window.IFrameWorker
}
