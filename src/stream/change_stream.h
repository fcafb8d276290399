// SPDX-License-Identifier: Apache-2.0
// One open change stream: a position in the log, moved forward by whoever asks for events.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/wait.h"
#include "bson/view.h"
#include "model/namespace.h"
#include "model/resume_token.h"
#include "oplog/reader.h"
#include "storage/store.h"
#include "stream/counters.h"
#include "stream/event.h"
#include "stream/event_sink.h"
#include "stream/held_entry.h"
#include "stream/hub.h"
#include "stream/lookup.h"
#include "stream/options.h"

namespace freshet {
class Error;
class Operation;
class Random;
}  // namespace freshet

namespace freshet::stream {

struct Change;

/// What streams stand on. Everything outlives them.
struct StreamServices {
  StreamHub& hub;
  storage::Store& store;
  oplog::LogBlocks& log_blocks;
  DocumentLookup& lookup;
  const Clock& clock;
  Random& random;
  StreamCounters& counters;
};

/// An aggregate whose pipeline begins with $changeStream. Borrows; open() copies.
struct StreamRequest {
  model::Namespace ns;   ///< empty `coll`: aggregate: 1
  bson::View pipeline;   ///< the array as sent
  bson::View collation;  ///< empty: simple
  bson::View let;        ///< the command's variables, evaluated; empty: none
};

/// How far filling a batch came.
enum class [[nodiscard]] StreamFill : std::uint8_t{
    Full,       ///< the batch is full; there may be more
    WouldWait,  ///< everything visible was looked at
    Closed,     ///< the stream was invalidated: no more, ever
};

/// Used by one thread at a time, by different ones in turn. Must not outlive its services.
class ChangeStream {
 public:
  /// Throws what StreamOptions, Scope and Definition throw, CommandNotSupportedOnView (166),
  /// ChangeStreamHistoryLost (286) when the starting point is not in the log any more and
  /// ChangeStreamFatalError (280) when it never was, both with the label
  /// NonResumableChangeStreamError, and InvalidResumeToken (260) when it is an event outside of
  /// what the stream watches.
  static std::unique_ptr<ChangeStream> open(const StreamServices& services,
                                            const StreamRequest& request, Operation& op);
  ~ChangeStream();
  ChangeStream(const ChangeStream&) = delete;
  ChangeStream& operator=(const ChangeStream&) = delete;

  /// The `ns` of the cursor.
  model::Namespace cursor_namespace() const { return definition().scope().cursor_namespace(); }

  /// Appends events until `sink` is full or everything visible was looked at. Throws
  /// ChangeStreamFatalError (280) when a stage took or changed an event's `_id`,
  /// ChangeStreamHistoryLost (286), NoMatchingDocument (47), BSONObjectTooLarge (10334), and what
  /// the stages throw; only destruction is allowed then. An event that fails behind others fails
  /// the next call: what comes before it is handed out first. With showErrorsAsEvents all but 47
  /// become events.
  StreamFill fill(EventSink& sink, Operation& op);
  /// As fill(), but what was appended counts as handed out only with note_handed_out(): for who
  /// keeps it back.
  StreamFill advance(EventSink& sink, Operation& op);
  /// Tells counters and progress() of everything appended so far.
  void note_handed_out();

  /// After WouldWait: wakes `waker` when there may be an event, at once if there may be already.
  void subscribe(const WakerPtr& waker);

  /// Resuming after this token gives exactly what was not handed out yet.
  model::ResumeToken post_batch_token() const;

  /// True when the next fill() reads the log rather than the hub's memory.
  bool is_behind() const;

  const StreamOptions& options() const { return definition().options(); }

  /// Where it stands and what it handed out. For any thread.
  StreamProgress progress() const { return subscription_->progress(); }

 private:
  ChangeStream(const StreamServices& services, std::unique_ptr<Subscription> subscription);

  const Definition& definition() const { return subscription_->definition(); }
  void start(const StreamOptions& options);
  void start_after(const model::ResumeToken& token);
  void find_event(const model::ResumeToken& token);
  bool is_last_dropped(const model::ResumeToken& token) const;
  void check_history(storage::Position from) const;
  void require_history(storage::Position from);
  void count_options(const StreamOptions& options);

  StreamFill run(EventSink& sink, Operation& op);
  StreamFill stopped() const { return closed_ ? StreamFill::Closed : StreamFill::Full; }
  [[nodiscard]] bool read_log(storage::Position up_to, EventSink& sink, Operation& op);
  [[nodiscard]] bool consume(EventSink& sink, Operation& op);
  [[nodiscard]] bool drain(EventSink& sink, Operation& op);
  [[nodiscard]] bool emit(const Change& change, EventSink& sink, Operation& op);
  [[nodiscard]] bool emit_invalidate(const Change& change, EventSink& sink, Operation& op);
  [[nodiscard]] bool emit_gap(EventSink& sink);
  [[nodiscard]] bool survive(const Error& error, const Change& change,
                             const model::ResumeToken& token, EventSink& sink, Operation& op);
  void count_failure(const Error& error);
  [[nodiscard]] bool hand_out(bson::View document, EventSink& sink);
  EncodedEventPtr encoded_event(const Change& change, Operation& op);
  EncodedEvent build_event(const Change& change, Operation& op);
  EventImages gather_images(const Change& change, Operation& op);
  std::optional<bool> emit_in_place(const Change& change, const model::ResumeToken& token,
                                    EventSink& sink, Operation& op);
  void note_event(std::size_t bytes);
  EncodedEvent run_stages(std::string event, const model::ResumeToken& token, Operation& op) const;
  [[nodiscard]] bool deliver(const EncodedEvent& event, const model::ResumeToken& token,
                             EventSink& sink);
  [[nodiscard]] bool send_fragments(bson::View event, const model::ResumeToken& token,
                                    EventSink& sink);

  StreamServices services_;
  std::unique_ptr<Subscription> subscription_;
  const SteadyTime opened_;
  const storage::Position visible_at_open_;
  storage::Position position_;       // everything at or below was handed out or passed over
  oplog::ReadPace pace_;             // of reading the log
  HeldEntry pending_;                // the entry under way
  std::uint32_t next_index_ = 0;     // first change of `pending_` that was not handed out
  std::uint32_t next_fragment_ = 0;  // the same of that change's fragments
  bool invalidate_due_ = false;      // the change itself was handed out, its invalidate was not
  bool closed_ = false;
  bool shared_ = false;                           // the pending entry's events may be others' too
  std::optional<model::ResumeToken> last_token_;  // of the last event handed out
  std::optional<storage::Position> gap_from_;  // history behind it is gone, and that is to be told
  std::size_t handed_out_ = 0;                 // by this advance()
  std::uint64_t events_ = 0;                   // ever
  std::uint64_t event_bytes_ = 0;
  std::uint64_t examined_ = 0;  // entries
  std::uint64_t bytes_read_ = 0;
  struct {
    std::uint64_t events, event_bytes, examined, bytes_read;
  } counted_{};  // what the counters of all streams know
};

}  // namespace freshet::stream
