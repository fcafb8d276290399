// SPDX-License-Identifier: Apache-2.0
// Runs Debezium's embedded engine with the properties of a file until it is told to stop. Offsets
// are stored as the properties say, after every batch. With each record's offset goes the resume
// token in it, as the stream gave it, and the time that Debezium reads from it.

import io.debezium.connector.mongodb.ResumeTokens;
import io.debezium.embedded.EmbeddedEngineChangeEvent;
import io.debezium.engine.ChangeEvent;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.format.Json;
import io.debezium.engine.spi.OffsetCommitPolicy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.source.SourceRecord;
import org.bson.BsonDocument;
import org.bson.BsonTimestamp;

public final class DebeziumRunner {
    public static void main(String[] args) throws Exception {
        Report report = new Report();
        DebeziumEngine<ChangeEvent<String, String>> engine = DebeziumEngine.create(Json.class)
                .using(Report.properties(args[0]))
                .using(OffsetCommitPolicy.always())
                .notifying(event -> tell(report, event))
                .using((boolean success, String message, Throwable error) -> {
                    try {
                        report.stopped(success ? null : new Exception(message, error));
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                })
                .build();
        Report.whenToldToStop(() -> {
            try {
                engine.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        engine.run();
        System.exit(0);
    }

    private static void tell(Report report, ChangeEvent<String, String> event) {
        SourceRecord record = ((EmbeddedEngineChangeEvent<?, ?, ?>) event).sourceRecord();
        try {
            report.record(event.destination(), event.key(), event.value(), offsetOf(record));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, Object> offsetOf(SourceRecord record) {
        Map<String, Object> offset = new LinkedHashMap<>(record.sourceOffset());
        Object encoded = offset.get("resume_token");
        if (encoded != null) {
            BsonDocument token = ResumeTokens.fromBase64((String) encoded);
            BsonTimestamp time = ResumeTokens.getTimestamp(token);
            offset.put("token", ResumeTokens.getData(token).asString().getValue());
            offset.put("time", List.of(time.getTime(), time.getInc()));
        }
        return offset;
    }
}
