/* SPDX-License-Identifier: Apache-2.0
 * Prints change events of a collection with libmongoc: watch URI COUNT
 * After a failure it reopens the stream behind the last event it saw. */
#include <mongoc/mongoc.h>
#include <stdio.h>
#include <stdlib.h>

static void print_document(const bson_t* document) {
  char* text = bson_as_relaxed_extended_json(document, NULL);
  printf("%s\n", text);
  fflush(stdout);
  bson_free(text);
}

static mongoc_change_stream_t* open_stream(mongoc_collection_t* collection, const bson_t* token) {
  bson_t* pipeline = BCON_NEW("pipeline", "[", "{", "$match", "{", "operationType", "{", "$in", "[",
                              BCON_UTF8("insert"), BCON_UTF8("update"), BCON_UTF8("delete"), "]", "}", "}", "}", "]");
  bson_t options = BSON_INITIALIZER;
  if (!bson_empty(token)) BSON_APPEND_DOCUMENT(&options, "resumeAfter", token);
  BSON_APPEND_INT64(&options, "maxAwaitTimeMS", 500);
  mongoc_change_stream_t* stream = mongoc_collection_watch(collection, pipeline, &options);
  bson_destroy(&options);
  bson_destroy(pipeline);
  return stream;
}

int main(int argc, char** argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: %s URI COUNT\n", argv[0]);
    return 2;
  }
  mongoc_init();
  mongoc_client_t* client = mongoc_client_new(argv[1]);
  if (client == NULL) {
    fprintf(stderr, "not a MongoDB URI: %s\n", argv[1]);
    return 2;
  }
  mongoc_collection_t* collection = mongoc_client_get_collection(client, "myDatabase", "myCollection");
  bson_t token = BSON_INITIALIZER;
  long left = atol(argv[2]);
  mongoc_change_stream_t* stream = open_stream(collection, &token);
  const bson_t* change;
  mongoc_change_stream_next(stream, &change); /* opens the stream on the server */
  printf("watching\n");
  fflush(stdout);
  while (left > 0) {
    bson_error_t error;
    if (mongoc_change_stream_next(stream, &change)) {
      print_document(change);
      left--;
      const bson_t* seen = mongoc_change_stream_get_resume_token(stream);
      bson_destroy(&token);
      bson_copy_to(seen, &token);
    } else if (mongoc_change_stream_error_document(stream, &error, NULL)) {
      fprintf(stderr, "reopening after: %s\n", error.message);
      mongoc_change_stream_destroy(stream);
      stream = open_stream(collection, &token);
    }
  }
  mongoc_change_stream_destroy(stream);
  bson_destroy(&token);
  mongoc_collection_destroy(collection);
  mongoc_client_destroy(client);
  mongoc_cleanup();
  return 0;
}
